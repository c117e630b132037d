"""Clips made fit: streams copied without what is told about them, or encoded anew."""

import re
import time
from dataclasses import dataclass, replace
from pathlib import Path

from library.files.fitting.wanted import (
    AUDIO_KILOBITS,
    LEAST_VIDEO_KILOBITS,
    STREAMS_SHARE,
    Fit,
    Fitted,
    Unfit,
    measured,
    not_taken,
    too_many_bytes,
    why_unfit,
)
from library.files.limits import Limits
from library.files.sniffing import HEAD, MP4, WEBM, Format, recognise
from library.files.videos import (
    SQUARE_PIXELS,
    Run,
    read_video,
    reason_of,
    run_ffmpeg,
)

# All that is done to one clip may take this long together.
FIT_SECONDS = 600.0
_SECOND_TRY = 0.75
# Kilobits a second from which so many lines are worth showing.
_LINES = (
    (2500, 1080),
    (1200, 720),
    (600, 480),
    (250, 360),
    (LEAST_VIDEO_KILOBITS, 240),
)

_STREAM = r"^  Stream #0:\d+[^:\n]*: {}: (\w+)(.*)$"
_VIDEO = re.compile(_STREAM.format("Video"), re.MULTILINE)
_AUDIO = re.compile(_STREAM.format("Audio"), re.MULTILINE)
_LISTED = ("-c", "copy", "-t", "0.1", "-map", "0:a:0?", "-f", "null", "-")

# Nothing told about the file, its streams or chapters, and no stream but the two.
_NOTHING_TOLD = (
    *("-map_metadata", "-1", "-map_metadata:s", "-1", "-map_chapters", "-1"),
    *("-sn", "-dn", "-fflags", "+bitexact", "-flags", "+bitexact"),
)
_PLAYABLE_EARLY = ("-movflags", "+faststart", "-write_tmcd", "0")
# Units inside the stream in which cameras write place, model and serial number:
# supplemental information of H.264 and HEVC, metadata of AV1.
_TOLD_INSIDE = {"h264": "6", "hevc": "39|40", "av1": "5"}
# Streams without room for anything else than pictures and sound.
_COPIED = {
    MP4: ({"h264", "hevc", "av1"}, {"aac"}),
    WEBM: ({"vp8", "vp9", "av1"}, {"opus"}),
}
_EIGHT_BITS = re.compile(r"\byuvj?420p\b")
_HIGH_RANGE = re.compile(r"\b(arib-std-b67|smpte2084)\b")
_TO_STANDARD_RANGE = (
    "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,"
    "tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,"
)


@dataclass(frozen=True, slots=True)
class _Clock:
    given: Limits
    deadline: float

    def limits(self) -> Limits:
        """Return the limits for what is left of the time."""
        left = max(0.001, self.deadline - time.monotonic())
        return replace(self.given, ffmpeg_seconds=left)


@dataclass(frozen=True, slots=True)
class _Streams:
    video: str
    audio: str
    is_plain: bool
    is_high_range: bool


def fit_video(
    source: Path,
    target: Path,
    wanted: Fit,
    *,
    name: str = "",
    limits: Limits | None = None,
) -> Fitted:
    """Write the clip to `target` as it is wanted, without any metadata.

    Streams are copied where type, codecs and size are taken, else encoded as H.264 and
    AAC in MP4, as large as the bytes allow. Raise `Unfit` where nothing fits,
    `FileRefused` where the clip cannot be read or takes longer than FIT_SECONDS.
    """
    clock = _Clock(limits or Limits(), time.monotonic() + FIT_SECONDS)
    with source.open("rb") as stream:
        form = recognise(stream.read(HEAD))
    if form is None or form.kind != "video":
        raise Unfit(f"{name or 'This file'} is no clip that can be read.")
    footage = read_video(source, form, clock.limits(), name)
    seconds = footage.duration_seconds
    if unfit := why_unfit("video", form, seconds, wanted, name=name):
        raise unfit
    streams = _streams(source, form, clock.limits(), name)
    job = _Job(source, form, target, wanted, clock, name)
    return job.copied(streams) or job.encoded(streams, seconds)


@dataclass(frozen=True, slots=True)
class _Job:
    source: Path
    form: Format
    target: Path
    wanted: Fit
    clock: _Clock
    name: str

    def copied(self, streams: _Streams) -> Fitted | None:
        """Copy the streams; None where they or their size are not taken."""
        kind = self._kept_type(streams)
        if kind is None or not self.wanted.has_room_for(self.source.stat().st_size):
            # What is dropped weighs next to nothing.
            return None
        run = self._write(kind, ("-c", "copy", *_cleaned(streams.video)))
        return None if run.returncode else self._if_it_fits(kind)

    def encoded(self, streams: _Streams, seconds: float) -> Fitted:
        """Encode the clip anew, twice if the first one is too large."""
        if not self.wanted.takes(MP4):
            raise not_taken(self.name, self.wanted)
        share = STREAMS_SHARE
        for _ in range(2):
            rate = self._kilobits(seconds, share)
            run = self._write(MP4, _encoder(streams, rate))
            if run.returncode:
                raise reason_of(run, self.name)
            if fitted := self._if_it_fits(MP4):
                return fitted
            share *= _SECOND_TRY
        raise too_many_bytes(self.name, self.wanted.max_bytes or 0)

    def _kept_type(self, streams: _Streams) -> Format | None:
        """Return the container in which the streams are taken as they are."""
        kind = WEBM if self.form is WEBM else MP4
        video, audio = _COPIED[kind]
        known = streams.video in video and streams.audio in audio | {""}
        # Who says what types are taken seldom means more than plain H.264.
        anything = self.wanted.types is None or kind is WEBM
        plain = streams.video == "h264" and streams.is_plain
        taken = self.wanted.takes(kind) and known and (anything or plain)
        return kind if taken else None

    def _kilobits(self, seconds: float, share: float) -> int | None:
        if self.wanted.max_bytes is None:
            return None
        rate = self.wanted.max_bytes * share / 125 / max(seconds, 0.1)
        left = int(rate) - AUDIO_KILOBITS
        if left < LEAST_VIDEO_KILOBITS:
            raise too_many_bytes(self.name, self.wanted.max_bytes)
        return left

    def _write(self, kind: Format, how: tuple[str, ...]) -> Run:
        self.target.unlink(missing_ok=True)
        early = _PLAYABLE_EARLY if kind is MP4 else ()
        arguments = (
            *("-map", "0:a:0?", *how, *_NOTHING_TOLD, *early),
            *("-f", kind.extension, f"file:{self.target.absolute()}"),
        )
        return run_ffmpeg(
            self.source,
            self.form,
            self.clock.limits(),
            self.name,
            (),
            arguments,
            gently=True,
        )

    def _if_it_fits(self, kind: Format) -> Fitted | None:
        if not self.wanted.has_room_for(self.target.stat().st_size):
            return None
        footage = read_video(self.target, kind, self.clock.limits(), self.name)
        return measured(self.target, kind, footage.width, footage.height)


def _streams(source: Path, form: Format, limits: Limits, name: str) -> _Streams:
    run = run_ffmpeg(source, form, limits, name, (), _LISTED)
    said = run.log.partition("\nOutput #0")[0]
    videos = [
        (match[1], match[2])
        for match in _VIDEO.finditer(said)
        if "attached pic" not in match[2]
    ]
    if not videos:
        raise reason_of(run, name)
    codec, details = videos[0]
    sound = _AUDIO.search(said)
    return _Streams(
        video=codec,
        audio=sound[1] if sound else "",
        is_plain=bool(_EIGHT_BITS.search(details)),
        is_high_range=bool(_HIGH_RANGE.search(details)),
    )


def _cleaned(codec: str) -> tuple[str, ...]:
    units = _TOLD_INSIDE.get(codec)
    tag = ("-tag:v", "hvc1") if codec == "hevc" else ()
    return (*tag, "-bsf:v", f"filter_units=remove_types={units}") if units else tag


def _encoder(streams: _Streams, kilobits: int | None) -> tuple[str, ...]:
    lines = next((n for rate, n in _LINES if (kilobits or 1e9) >= rate), 240)
    wide = rf"if(gt(iw\,ih)\,-2\,trunc(min({lines}\,iw)/2)*2)"
    high = rf"if(gt(iw\,ih)\,trunc(min({lines}\,ih)/2)*2\,-2)"
    standard = _TO_STANDARD_RANGE if streams.is_high_range else ""
    bounds = (
        ("-maxrate", f"{kilobits}k", "-bufsize", f"{kilobits}k") if kilobits else ()
    )
    return (
        *(
            "-vf",
            f"{standard}{SQUARE_PIXELS},scale={wide}:{high},setsar=1,format=yuv420p",
        ),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "21", *bounds),
        *("-threads", "2", "-bsf:v", "filter_units=remove_types=6"),
        *("-metadata:s:v", "encoder=", "-metadata:s:a", "encoder="),
        *("-c:a", "aac", "-b:a", f"{AUDIO_KILOBITS}k", "-ac", "2"),
    )
