// The drawing: strokes as points on a square, their history, and the pictures made of them.

export const SIDE = 280; // units of the square; pens are as wide in the same units

const EMPTY = { strokes: [], picture: null };

// What was drawn, step by step. A state is never changed, only followed by another one; it has
// strokes or a picture (a Blob), not both.
export class History {
  #states = [EMPTY];
  #now = 0;

  get state() {
    return this.#states[this.#now];
  }

  get empty() {
    return this.state.strokes.length === 0 && this.state.picture === null;
  }

  get canUndo() {
    return this.#now > 0;
  }

  get canRedo() {
    return this.#now < this.#states.length - 1;
  }

  addStroke(stroke) {
    this.#follow({ strokes: [...this.state.strokes, stroke], picture: null });
  }

  takePicture(picture) {
    this.#follow({ strokes: [], picture });
  }

  clear() {
    this.#follow(EMPTY);
  }

  undo() {
    this.#now -= 1;
  }

  redo() {
    this.#now += 1;
  }

  #follow(state) {
    this.#states = [...this.#states.slice(0, this.#now + 1), state];
    this.#now += 1;
  }
}

export function paint(context, strokes, ink) {
  context.save();
  context.scale(context.canvas.width / SIDE, context.canvas.height / SIDE);
  context.strokeStyle = context.fillStyle = ink;
  context.lineCap = context.lineJoin = "round";
  for (const { width, points } of strokes) {
    const [first, ...others] = points;
    context.beginPath();
    if (others.length === 0) {
      context.arc(first.x, first.y, width / 2, 0, 2 * Math.PI);
      context.fill();
      continue;
    }
    // Through the middles between points, with the points as handles: smooth, and true to them.
    context.lineWidth = width;
    context.moveTo(first.x, first.y);
    let last = first;
    for (const point of others) {
      context.quadraticCurveTo(last.x, last.y, (last.x + point.x) / 2, (last.y + point.y) / 2);
      last = point;
    }
    context.lineTo(last.x, last.y);
    context.stroke();
  }
  context.restore();
}

// Black on white whatever the page's colours are. The server gets what it would get as a file:
// one way in for drawings and pictures, one decoder and one set of limits.
export function toPicture(strokes) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, SIDE, SIDE);
  paint(context, strokes, "#000000");
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

// Calls `began(point)`, `moved(points)` and `ended()` for one mouse, pen or finger at a time.
export function followPointer(canvas, { began, moved, ended }) {
  let pointer = null;
  const place = ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    return {
      x: ((clientX - box.left) * SIDE) / box.width,
      y: ((clientY - box.top) * SIDE) / box.height,
    };
  };
  const end = (event) => {
    if (event.pointerId === pointer) {
      pointer = null;
      ended();
    }
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || !event.isPrimary || event.button !== 0) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    pointer = event.pointerId;
    began(place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    moved((events.length ? events : [event]).map(place));
  });
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
}
