"""A poster, a frame at a second, and a contact sheet of 20 stills out of a clip. Prints milliseconds of each.

CPU is that of this process and of those it starts. Importing has no part in it.
"""

import io
import json
import resource
import sys
import time
from pathlib import Path
from statistics import median

said = json.load(sys.stdin)
clip, at, stills, columns, width = Path(said["clip"]), said["at"], 20, 5, 320
TURNS = 3


def pasted(pictures):
    """Pictures in rows on one sheet."""
    from PIL import Image

    high = pictures[0].height
    sheet = Image.new("RGB", (columns * width, -(-len(pictures) // columns) * high))
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (number % columns * width, number // columns * high))
    return sheet


def jpeg(picture):
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


def veo_widgets():
    import av  # noqa: F401

    from veo_widgets.domain.media import Video
    from veo_widgets.storage.clips.poster import make_poster

    return {
        "poster": lambda: make_poster(clip),
        "frame": lambda: Video(clip).frame(at),
        "sheet": lambda: Video(clip).sheet(columns, stills=stills, width=width),
    }


def pyav():
    """As somebody writes it who knows PyAV: a seek, threads where many frames are wanted, the scaler for the size."""
    import av
    from PIL import Image  # noqa: F401

    def poster():
        with av.open(str(clip)) as container:
            container.seek(1_000_000)
            return jpeg(next(container.decode(video=0)).to_image(width=480, height=270))

    def frame():
        with av.open(str(clip)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            container.seek(int(at / stream.time_base), stream=stream)
            before = None
            for found in container.decode(stream):
                if found.time > at + 1e-3:
                    break
                before = found
            return before.to_image()

    def sheet():
        with av.open(str(clip)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            last = stream.frames - 1
            wanted = {last * number // (stills - 1) for number in range(stills)}
            return pasted(
                [
                    found.to_image(width=width, height=180)
                    for number, found in enumerate(container.decode(stream))
                    if number in wanted
                ]
            )

    return {"poster": poster, "frame": frame, "sheet": sheet}


def mediapy():
    import mediapy
    from PIL import Image

    mediapy.set_ffmpeg(said["ffmpeg"])

    def frame_at(seconds):
        # It reads from the beginning.
        with mediapy.VideoReader(clip) as reader:
            return next(image for number, image in enumerate(reader) if number == round(seconds * reader.fps))

    def sheet():
        video = mediapy.read_video(clip)
        wanted = [(len(video) - 1) * number // (stills - 1) for number in range(stills)]
        return pasted([Image.fromarray(video[number]).resize((width, 180)) for number in wanted])

    return {
        "poster": lambda: jpeg(Image.fromarray(frame_at(1)).resize((480, 270))),
        "frame": lambda: frame_at(at),
        "sheet": sheet,
    }


def moviepy():
    from moviepy import VideoFileClip
    from PIL import Image

    def frame_at(seconds):
        with VideoFileClip(str(clip), audio=False) as video:
            return video.get_frame(seconds)

    def sheet():
        with VideoFileClip(str(clip), audio=False, target_resolution=(width, 180)) as video:
            step = (video.duration - 1 / video.fps) / (stills - 1)
            return pasted([Image.fromarray(video.get_frame(number * step)) for number in range(stills)])

    return {
        "poster": lambda: jpeg(Image.fromarray(frame_at(1)).resize((480, 270))),
        "frame": lambda: frame_at(at),
        "sheet": sheet,
    }


def cpu():
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def measured(task):
    found = []
    for _ in range(TURNS):
        began, spent = time.perf_counter(), cpu()
        assert task() is not None
        found.append(((time.perf_counter() - began) * 1000, (cpu() - spent) * 1000))
    return [median(column) for column in zip(*found, strict=True)]


made = {}
for name, task in globals()[said["client"]]().items():
    made[f"{name}_ms"], made[f"{name}_cpu_ms"] = measured(task)
print(json.dumps(made))
