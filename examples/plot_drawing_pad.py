"""
The drawing pad, asked by a program
===================================

``skdigits draw`` opens a page to draw digits on. Behind it is a small server that any program
on this machine can ask.
"""

import io
import json
import threading
import urllib.request
from queue import Queue

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw

from skdigits.default_model import default_model
from skdigits.web import create_app, serve

# %%
# The server
# ----------
#
# ``serve(create_app(model))`` runs it until Ctrl-C. Here it runs in a thread instead, so that the
# program can ask it. Port 0 takes a port that is free; only this machine reaches it.

addresses = Queue()
settings = {"port": 0, "announce": addresses.put}
app = create_app(default_model())
threading.Thread(target=serve, args=(app,), kwargs=settings, daemon=True).start()
address = addresses.get()

# %%
# A drawing
# ---------
#
# What a mouse would draw: a seven with a bar, in a picture of 280x280 pixels.

drawing = Image.new("L", (280, 280), 255)
pen = ImageDraw.Draw(drawing)
pen.line([(80, 70), (200, 66), (130, 230)], fill=0, width=18, joint="curve")
pen.line([(95, 150), (190, 145)], fill=0, width=16)

# %%
# The question and the answer
# ---------------------------

picture = io.BytesIO()
drawing.save(picture, format="png")
request = urllib.request.Request(
    f"{address}/api/predict", picture.getvalue(), {"Content-Type": "image/png"}
)
with urllib.request.urlopen(request) as response:
    answer = json.load(response)
print(f"It is a {answer['label']}.")

probabilities = [entry["probability"] for entry in answer["probabilities"]]
figure, axes = plt.subplots(1, 3, figsize=(7, 2.6), layout="constrained")
axes[0].imshow(drawing, cmap="gray")
axes[0].set_title("Drawn")
axes[1].imshow(np.reshape(answer["counts"], (8, 8)), cmap="gray_r", vmin=0, vmax=16)
axes[1].set_title("8x8 counts")
axes[2].barh(range(10), probabilities)
axes[2].set(title="Probability", yticks=range(10), xlim=(0, 1))
axes[2].invert_yaxis()
for ax in axes[:2]:
    ax.set_axis_off()
