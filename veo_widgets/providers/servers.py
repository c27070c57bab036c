"""What ``/v1/videos`` servers do differently from OpenAI's, as data.

Sources: the route modules of sglang 0.5.23 (``multimodal_gen/runtime/entrypoints/openai``) and vLLM-Omni 0.30.0
(``entrypoints/openai``, ``protocol/videos.py``), and OpenRouter's SDK 1.3.84 (``components/videogeneration…``);
``core/schema/localai.go`` of LocalAI 4.9.0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Server:
    """How a server takes creates, and what it has beside them.

    Words for states, places of clips and shapes of errors are not here: every server's are read, whoever it is.

    Attributes:
        body: what a create is sent as. Empty: as a form, and as JSON where the form was not even read.
        names: the server's field for each of our parameters that it takes beside OpenAI's, or under another name.
        fields: the fields that it reads beside those of our parameters, where it drops others in silence.
        rest: the field for the others then: the text of one JSON object in a form, an object of texts in JSON; empty
            if it has none.
        words: how it writes values of ours that it knows by another spelling.
        create: the path of creates from the root of a server whose wire is not that of ``/v1/videos``.
        lists: whether it lists its videos.
        deletes: whether it deletes a video.
        models: the path of the list of its video models, below the same root as the videos.
        describes: whether that list says what each model can do and costs.
        health: the path from the server's root that answers 200 once it takes work; empty if it has none.
        cost_field: where a finished video says what it has cost in US dollars, with dots between the levels.
        cost_elsewhere: what is true beside it if most of the cost is charged by somebody else.
    """

    body: Literal["form", "json", ""] = ""
    names: Mapping[str, str] = field(default_factory=dict, hash=False)
    fields: frozenset[str] = frozenset()
    rest: str = ""
    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    create: str = ""
    lists: bool = True
    deletes: bool = True
    models: str = "models"
    describes: bool = False
    health: str = ""
    cost_field: str = ""
    cost_elsewhere: str = ""

    def reads(self, name: str) -> bool:
        """Whether it reads a field of this name at the top of a create; of most servers nobody knows what they do."""
        openais = {"model", "prompt", *(self.names.get(ours, own) for ours, own in _OF_OPENAI.items())}
        return not self.fields or name in self.fields | openais | {self.rest, *self.names.values()}

    def charged(self, body: object) -> float | None:
        """The US dollars that a video says it has cost; None if it says nothing that can be booked.

        Args:
            body: of a poll's answer, decoded.
        """
        if not self.cost_field or (self.cost_elsewhere and _at(body, self.cost_elsewhere) is True):
            return None
        usd = _at(body, self.cost_field)
        is_amount = isinstance(usd, int | float) and not isinstance(usd, bool) and 0 <= usd < math.inf
        return float(usd) if is_amount else None  # type: ignore[arg-type]  # a number, by then


def _at(body: object, path: str) -> object:
    for key in path.split("."):
        body = body.get(key) if isinstance(body, dict) else None
    return body


# By the parameter of ours that it is for.
_OF_OPENAI = {"duration_seconds": "seconds", "size": "size", "first_frame": "input_reference"}
# Fields of both forms below.
_OF_BOTH = (
    *("fps", "num_frames", "width", "height", "num_inference_steps", "guidance_scale", "guidance_scale_2"),
    *("true_cfg_scale", "flow_shift", "enable_frame_interpolation", "frame_interpolation_exp"),
    *("frame_interpolation_scale", "frame_interpolation_model_path", "extra_params", "video_reference"),
)
OPENAI = Server()
# Its form takes what its JSON takes, and has a field for the rest.
SGLANG = Server(
    names={"samples": "n", "seed": "seed", "negative_prompt": "negative_prompt"},
    fields=frozenset(
        {
            *_OF_BOTH,
            *("enhance_prompt", "reference_url", "video_url", "video_path", "task_type", "num_outputs_per_prompt"),
            *("generator_device", "max_sequence_length", "enable_teacache", "enable_upscaling", "upscaling_model_path"),
            *("upscaling_scale", "output_quality", "output_compression", "x264_preset", "output_path"),
            *("perf_dump_path", "extra_body"),
        }
    ),
    rest="extra_body",
    health="/health",
)
# Its create has form fields only. Of several clips it keeps the first.
VLLM = Server(
    body="form",
    names={
        "samples": "num_outputs_per_prompt",
        "generate_audio": "generate_sound",
        "seed": "seed",
        "negative_prompt": "negative_prompt",
    },
    fields=frozenset(
        {
            *_OF_BOTH,
            *("control_type", "image_reference", "audio_reference", "user", "aspect_ratio"),
            *("short_edge", "start_time_seconds", "quality", "boundary_ratio", "sound_duration", "lora"),
            *("return_stage_metrics", "input_references", "control_reference", "source_video", "source_audio"),
            *("video_noise_mask", "audio_noise_mask"),
        }
    ),
    rest="extra_params",
    health="/health",
)
OPENROUTER = Server(
    body="json",
    names={
        "duration_seconds": "duration",
        "aspect_ratio": "aspect_ratio",
        "resolution": "resolution",
        "size": "size",
        "seed": "seed",
        "generate_audio": "generate_audio",
        "first_frame": "frame_images",
        "last_frame": "frame_images",
        "reference_images": "input_references",
    },
    fields=frozenset(
        {
            *("callback_url", "creativity", "previous_job_id", "provider", "session_id", "trace", "upscale_factor"),
            "user",
        }
    ),
    words={"1k": "1K", "2k": "2K", "4k": "4K"},
    lists=False,
    deletes=False,
    models="videos/models",
    describes=True,
    cost_field="usage.cost",
    # With the user's own key at the maker's, this is OpenRouter's fee alone.
    cost_elsewhere="usage.is_byok",
)
# Its JSON drops what is not in the schema, and `params` takes texts for the model's own backend.
LOCALAI = Server(
    body="json",
    fields=frozenset(
        {
            "model",
            "prompt",
            "negative_prompt",
            "start_image",
            "end_image",
            "width",
            "height",
            "num_frames",
            "fps",
            "audio",
        }
        | {"input_reference", "seconds", "size", "seed", "cfg_scale", "step", "response_format", "params"}
    ),
    rest="params",
    create="/video",
    lists=False,
    deletes=False,
    models="models/capabilities",
    health="/readyz",
)
