"""Videos, by ffmpeg's own word."""

import socket
from datetime import UTC, datetime

import pytest
from PIL import Image

from library.files import Limits, sniffing, videos
from tests import media_files as made
from tests.library.files.judging import LIMITS, refusal


@pytest.mark.parametrize(
    ("make", "content_type", "extension"),
    [
        (made.mp4_bytes, "video/mp4", "mp4"),
        (made.mov_bytes, "video/quicktime", "mov"),
        (made.webm_bytes, "video/webm", "webm"),
        (made.mkv_bytes, "video/x-matroska", "mkv"),
    ],
)
def test_the_type_is_told_by_the_content(
    look, derive, make, content_type: str, extension: str
):
    seen = look(make(), "photo.jpg")
    assert (seen.kind, seen.content_type) == ("video", content_type)
    assert (seen.extension, seen.width, seen.height) == (extension, 64, 48)
    assert seen.duration_seconds == pytest.approx(1, abs=0.1)
    derivatives = derive(make())
    assert derivatives.thumbnail.content_type == "image/jpeg"
    with Image.open(derivatives.preview.path) as poster:
        assert poster.size == (64, 48)


def test_a_turned_video_is_seen_upright(look, derive):
    data = made.mp4_bytes(rotation=90)
    seen = look(data)
    assert (seen.width, seen.height) == (48, 64)
    assert derive(data).preview.height == 64


def test_the_time_of_taking_is_read(look):
    data = made.mp4_bytes(created="2026-03-01T12:00:00Z")
    assert look(data).taken_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert look(made.mp4_bytes()).taken_at is None


def test_a_duration_that_is_not_stated_is_measured(look):
    seen = look(made.recorded_webm_bytes(2))
    assert seen.duration_seconds == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: made.mp4_bytes()[:-3000],
        lambda: made.mov_bytes()[:-500],
        lambda: made.mkv_bytes(2)[:-3000],
        lambda: made.webm_bytes(2, 320, 240)[:8000],
    ],
    ids=["mp4", "mov", "mkv", "webm"],
)
def test_a_video_cut_short_is_refused(look, make):
    assert refusal(look, make()) == ("file_corrupt", 400)


@pytest.mark.parametrize("suffix", ["mp4", "m4a", "mka", "mp3"])
def test_sound_alone_is_refused(look, suffix: str):
    code = refusal(look, made.sound_bytes(suffix), "song.mp4")
    assert code == ("file_type_unsupported", 415)


def test_too_many_pixels_are_refused(look):
    limits = Limits(max_video_pixels=1000)
    code = refusal(look, made.mp4_bytes(), limits=limits)
    assert code == ("dimensions_too_large", 400)


def test_ffmpeg_is_stopped_when_it_takes_too_long(look):
    limits = Limits(ffmpeg_seconds=0.001)
    code = refusal(look, made.mp4_bytes(), limits=limits)
    assert code == ("file_too_slow", 400)


@pytest.mark.parametrize("form", [sniffing.MP4, sniffing.WEBM])
def test_a_playlist_cannot_make_ffmpeg_call_out(write, form):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        address = f"http://127.0.0.1:{port}/a.mp4"
        for playlist in (
            f"#EXTM3U\n#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n",
            f"ffconcat version 1.0\nfile {address}\n",
        ):
            for head in (b"", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"):
                path = write(head + playlist.encode())
                refusal(videos.read_video, path, form, LIMITS, "")
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
