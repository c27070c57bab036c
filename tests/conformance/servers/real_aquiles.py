"""Aquiles-Image 0.8.3: its own FastAPI application, with a stub for the pipeline.

What runs is ``aquilesimage/main.py`` with its routes, and ``utils/task.py``, which counts to 90 % in five seconds
before the model begins, whatever that does. Stand-ins are torch and the pipelines.

Reads a JSON object from standard input: ``clip`` (the file that every prompt makes), ``folder``, ``model`` (the name
served, one of its own), and ``key`` (that it wants, if any). ``HOME`` is to be a folder of its own.
"""

from __future__ import annotations

import importlib
import json
import types
from pathlib import Path
from typing import Any

import platformdirs
import recording
import standins
from engine import Engine

STANDINS = ("torch", "torchvision", "diffusers", "transformers", "huggingface_hub", "aquilesimage.pipelines")


class Pipeline:
    """A model of Aquiles'."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.pipeline = self

    def initialize_pipeline(self) -> Pipeline:
        return self

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def generate(self, *, prompt: str, save_result_path: str, **_: Any) -> None:
        self._engine.make(prompt, Path(save_result_path))


def main() -> None:
    """Serve."""
    given = recording.said()
    engine = Engine(given["clip"])
    config = Path(platformdirs.user_data_dir("aquiles", "Aquiles-Image")) / "aquiles_image_config.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    keys = [given["key"]] if given.get("key") else [""]
    config.write_text(json.dumps({"model": given.get("model", "wan2.2"), "allows_api_keys": keys, "load_model": True}))
    standins.install(STANDINS)
    standins.give("torch", version=types.SimpleNamespace(cuda=None))
    standins.give("aquilesimage.pipelines.video", ModelVideoPipelineInit=lambda _: Pipeline(engine))
    recording.serve(importlib.import_module("aquilesimage.main").app, engine)


if __name__ == "__main__":
    main()
