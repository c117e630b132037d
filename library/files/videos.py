"""Videos, by ffmpeg's own word: how long, how large, and one frame of them."""

import io
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import imageio_ffmpeg
from PIL import Image

from library.files.images import mean_colour
from library.files.limits import FileRefused, Limits, corrupt, quoted, unsupported
from library.files.sniffing import Format

MAX_LOG = 256 * 1024
POSTER_AT = 1.0
# Wide-screen DV has pixels half as wide again as high; more than double is a trick.
MAX_PIXEL_ASPECT = 2

# Only decoders that cameras, phones and editors really write for.
_CODECS = ",".join(
    (
        "h264,hevc,mpeg4,prores,mjpeg,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,libaom-av1",
        "aac,mp3,mp3float,ac3,eac3,alac,flac,opus,libopus,vorbis",
        "pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_f32le",
    )
)
SQUARE_PIXELS = f"scale=max(1\\,min(iw*sar\\,iw*{MAX_PIXEL_ASPECT})):ih,setsar=1"
_ONE_FRAME = (
    *("-frames:v", "1", "-vf", SQUARE_PIXELS),
    *("-c:v", "ppm", "-f", "image2pipe", "pipe:1"),
)
_EVERY_PACKET = (
    *("-map", "0:a?", "-c", "copy"),
    *("-f", "null", "-progress", "pipe:1", "-"),
)
_STATED = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)", re.MULTILINE)
_MEASURED = re.compile(rb"^out_time_us=(\d+)", re.MULTILINE)
_TAKEN = (
    re.compile(r"^ +com\.apple\.quicktime\.creationdate *: (\S+)", re.MULTILINE),
    re.compile(r"^ +creation_time *: (\S+)", re.MULTILINE),
)


@dataclass(frozen=True, slots=True)
class Footage:
    """What is to be known of a video; width and height are those seen upright."""

    width: int
    height: int
    duration_seconds: float
    taken_at: datetime | None
    colour: str


@dataclass(frozen=True, slots=True)
class Run:
    """How a run of ffmpeg ended, what it wrote and what it said."""

    returncode: int
    output: bytes
    log: str


def read_video(path: Path, form: Format, limits: Limits, name: str) -> Footage:
    """Read every packet, decode one frame, and say what the video is.

    Raise `FileRefused` if it is damaged, cut short, has no picture, is of a codec that
    is not taken, has too many pixels, or takes ffmpeg longer than the limit.
    """
    run = run_ffmpeg(path, form, limits, name, ("-xerror",), _EVERY_PACKET)
    if run.returncode:
        raise reason_of(run, name)
    duration = _duration(run, name)
    frame = grab_frame(path, form, duration, limits, name)
    return Footage(
        width=frame.width,
        height=frame.height,
        duration_seconds=duration,
        taken_at=_taken_at(run.log),
        colour=mean_colour(frame),
    )


def grab_frame(
    path: Path, form: Format, duration: float, limits: Limits, name: str
) -> Image.Image:
    """Return one frame from near the beginning: upright, square pixels, RGB."""
    # The first frame is often black; a clip of one frame has no other.
    for second in (min(POSTER_AT, duration / 10), 0.0):
        seek = ("-ss", f"{second:.3f}")
        run = run_ffmpeg(path, form, limits, name, seek, _ONE_FRAME)
        if run.output:
            break
    if run.returncode or not run.output:
        raise reason_of(run, name)
    try:
        with Image.open(io.BytesIO(run.output), formats=["PPM"]) as frame:
            return frame.convert("RGB")
    except (OSError, ValueError) as error:
        raise corrupt(name, "video") from error


@cache
def _binary() -> str:
    return imageio_ffmpeg.get_ffmpeg_exe()


def run_ffmpeg(
    path: Path,
    form: Format,
    limits: Limits,
    name: str,
    before: tuple[str, ...],
    after: tuple[str, ...],
    *,
    gently: bool = False,
) -> Run:
    """Run ffmpeg on one file, `before` and `after` its name, for a limited time.

    `gently` lets everything else on the machine go first. Raise `FileRefused` when the
    time is up; the process is gone then.
    """
    command = _command(path, form, limits, before, after)
    if gently and (nice := shutil.which("nice")):
        command = [nice, "-n", "10", *command]
    with tempfile.TemporaryFile() as log:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                timeout=limits.ffmpeg_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise FileRefused(
                "file_too_slow",
                f"{quoted(name)} takes too long to read. Export it as an ordinary MP4.",
            ) from error
        # A hostile file can make ffmpeg talk without end; its beginning says enough.
        log.seek(0)
        said = log.read(MAX_LOG).decode(errors="replace")
    return Run(done.returncode, done.stdout, said)


def _command(
    path: Path,
    form: Format,
    limits: Limits,
    before: tuple[str, ...],
    after: tuple[str, ...],
) -> list[str]:
    """Word the call so that ffmpeg cannot take the file for anything else.

    The demuxer is the one that the content was sniffed as and no protocol but `file` is
    open, so that a playlist or a reference inside cannot reach other files or the
    network.
    """
    return [
        *(_binary(), "-hide_banner", "-nostdin", "-nostats", "-loglevel", "info"),
        *("-max_alloc", str(512 * 1024 * 1024)),
        # Of processor time, of which two threads use twice as much.
        *("-timelimit", str(2 * int(limits.ffmpeg_seconds) + 1)),
        *("-protocol_whitelist", "file", "-codec_whitelist", _CODECS),
        *("-max_pixels", str(limits.max_video_pixels), "-threads", "2"),
        *(*before, "-f", form.reader, "-i", f"file:{path.absolute()}"),
        # Capital V: a cover picture in a music file is no video.
        *("-map", "0:V:0", *after),
    ]


def reason_of(run: Run, name: str) -> FileRefused:
    """Say in words why ffmpeg gave a file up."""
    if "matches no streams" in run.log:
        return unsupported(name, "has no video in it")
    if "max pixel count" in run.log:
        return FileRefused(
            "dimensions_too_large",
            f"{quoted(name)} has more pixels than a video here may have. "
            "Export it at a smaller size.",
        )
    if "not on whitelist" in run.log or "Decoder not found" in run.log:
        return unsupported(name, "is encoded in a way that the library does not read")
    return corrupt(name, "video")


def _duration(run: Run, name: str) -> float:
    """Return the seconds stated, or those measured where nothing is stated.

    Recorders in browsers state none. A file that holds much less than it states was
    cut off on its way.
    """
    measured_all = _MEASURED.findall(run.output)
    measured = int(measured_all[-1]) / 1e6 if measured_all else 0.0
    match = _STATED.search(run.log)
    if match is None:
        return round(measured, 3)
    hours, minutes, seconds = match.groups()
    stated = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    if measured < stated * 0.9 - 0.5:
        raise corrupt(name, "video")
    return round(stated, 3)


def _taken_at(log: str) -> datetime | None:
    for pattern in _TAKEN:
        match = pattern.search(log)
        try:
            moment = datetime.fromisoformat(match[1]) if match else None
        except ValueError:
            continue
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    return None
