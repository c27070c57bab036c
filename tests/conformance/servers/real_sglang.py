"""sglang 0.5.23: its own FastAPI application for diffusion models, with a stub for the scheduler and the model.

What runs is ``sglang/multimodal_gen/runtime/entrypoints/http_server.py``, ``create_app``, with the routes of
``openai/video_api.py`` and ``openai/common_api.py``, its sampling parameters of Wan 2.2 and its store of jobs.
Stand-ins are torch, the kernels, the registry of models and the client of the scheduler, which has the model in other
processes.

Reads a JSON object from standard input: ``clip`` (the file that every prompt makes), ``folder``, ``model`` (the name
served), and ``bucket`` (whether it uploads to one, as with ``SGLANG_CLOUD_STORAGE_TYPE=s3``).
"""

from __future__ import annotations

import asyncio
import importlib
import os
import types
from pathlib import Path
from typing import Any

import fastapi
import recording
import standins
from engine import Bucket, Engine

ROOT = "sglang.multimodal_gen"
RUNTIME = f"{ROOT}.runtime"
STANDINS = (
    *("torch", "triton", "transformers", "diffusers", "msgspec", "imageio", "imageio_ffmpeg", "dateutil", "yaml"),
    *("sglang.srt", "sglang.kernels", f"{ROOT}.registry"),
    *(f"{RUNTIME}.{name}" for name in ("scheduler_client", "server_args", "server_warmup", "observability")),
    *(f"{RUNTIME}.{name}" for name in ("post_training", "realtime", "entrypoints.action", "entrypoints.post_training")),
    f"{RUNTIME}.entrypoints.openai.realtime",
)
HOLLOW = ("sglang", ROOT, f"{RUNTIME}", f"{RUNTIME}.pipelines_core", f"{ROOT}.configs.pipeline_configs")


class WanPipelineConfig:
    """What the routes ask of a pipeline; Wan 2.2 makes one frame more than a multiple of four."""

    dit_precision = "bf16"
    vae_precision = "fp32"
    vae_decode_precision = "fp32"
    vae_config = None
    action = False

    def __init__(self, task: Any) -> None:
        self.task_type = task

    def get_supported_task_types(self) -> list[Any]:
        return [self.task_type]

    def resolve_task_type(self, asked: Any, **_: Any) -> Any:
        return self.task_type if asked is None else type(self.task_type).parse(asked)

    def adjust_num_frames(self, frames: int) -> int:
        return (frames - 1) // 4 * 4 + 1

    def supports_action_endpoint(self) -> bool:
        return False

    supports_openpi_endpoint = supports_action_endpoint


class Scheduler:
    """In the place of the client that asks the processes with the model."""

    failure_reason = None

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def initialize(self, _: Any) -> None: ...

    def close(self) -> None: ...

    def mark_failed(self, _: str) -> None: ...

    async def forward(self, batches: list[Any]) -> Any:
        """Make the clips of a request, and report how far it is as a worker's step would."""
        made = importlib.import_module(f"{RUNTIME}.pipelines_core.schedule_batch").OutputBatch
        batch, loop = batches[0], asyncio.get_running_loop()
        count = batch.num_outputs_per_prompt
        paths = [batch.output_file_path(count, number) for number in range(count)]

        def tell(part: float) -> None:
            asyncio.run_coroutine_threadsafe(_report(batch.request_id, part), loop).result()

        try:
            for path in paths:
                await asyncio.to_thread(self._engine.make, batch.prompt, Path(path), tell)
        except RuntimeError as error:
            return made(error=str(error))
        return made(output_file_paths=paths, peak_memory_mb=1.0)


async def _report(job: str, part: float) -> None:
    """What sglang's listener does with a message of a worker."""
    progress = importlib.import_module(f"{RUNTIME}.entrypoints.openai.video_progress")
    told = progress.VIDEO_PROGRESS.update(request_id=job, completed=part, total=1)
    if told:
        await progress.apply_progress(*told)


async def _forever(_: Any) -> None:
    await asyncio.Event().wait()


def _use_bucket(bucket: Bucket) -> None:
    os.environ |= {"SGLANG_CLOUD_STORAGE_TYPE": "s3", "SGLANG_S3_BUCKET_NAME": "clips"}
    os.environ |= {"SGLANG_S3_ENDPOINT_URL": bucket.url, "AWS_EC2_METADATA_DISABLED": "true"}

    class Client:
        def upload_file(self, path: str, _bucket: str, name: str, **_: Any) -> None:
            bucket.put(Path(path), name)

    standins.give("boto3", client=lambda *_, **__: Client())


def main() -> None:
    """Serve."""
    given = recording.said()
    folder, model = Path(given["folder"]), given.get("model", "Wan-AI/Wan2.2-TI2V-5B-Diffusers")
    engine, bucket = Engine(given["clip"]), recording.bucket_of(given)
    standins.install((*STANDINS, "boto3"), hollow=HOLLOW)
    if bucket:
        _use_bucket(bucket)
    wan = importlib.import_module(f"{ROOT}.configs.sample.wan")
    tasks = importlib.import_module(f"{ROOT}.configs.task_type").ModelTaskType
    listener = recording.listener()
    args = types.SimpleNamespace(
        **dict.fromkeys(("backend", "model_id", "pipeline_class_name", "attention_backend_config"), None),
        **dict.fromkeys(("progress_endpoint", "prompt_enhancer_config", "warmup_resolutions"), None),
        **dict.fromkeys(("enable_metrics", "enable_trace", "comfyui_mode"), False),
        **dict.fromkeys(("num_gpus", "tp_size", "dp_size", "batching_max_size"), 1),
        model_path=model,
        served_model_name=model,
        output_path=str(folder / "outputs"),
        input_save_path=str(folder / "inputs"),
        pipeline_config=WanPipelineConfig(tasks.TI2V),
        warmup_mode="off",
        url=lambda: recording.address(listener),
    )
    pipeline = type("WanPipeline", (), {"pipeline_name": "WanPipeline"})
    info = types.SimpleNamespace(sampling_param_cls=wan.Wan2_2_TI2V_5B_SamplingParam, pipeline_cls=pipeline)
    standins.give(f"{ROOT}.registry", get_model_info=lambda *_, **__: info)
    standins.give(f"{RUNTIME}.server_args", get_global_server_args=lambda: args)
    scheduler = Scheduler(engine)
    standins.give(f"{RUNTIME}.scheduler_client", async_scheduler_client=scheduler, run_zeromq_broker=_forever)
    standins.give("sglang.srt.observability.trace", fastapi_telemetry_disabled_kwargs=dict)
    standins.give("sglang.srt.utils.json_response", orjson_response=fastapi.responses.JSONResponse)
    for place in ("openai.realtime.realtime_video_api", "post_training.rollout_api", "post_training.weights_api"):
        standins.give(f"{RUNTIME}.entrypoints.{place}", router=fastapi.APIRouter())
    server = importlib.import_module(f"{RUNTIME}.entrypoints.http_server")
    recording.serve(server.create_app(args), engine, bucket, listener)


if __name__ == "__main__":
    main()
