"""Files made fit to be sent: nothing told about place, camera or person, and not too
large for whoever gets them."""

from library.files.fitting.clips import FIT_SECONDS, fit_video
from library.files.fitting.pictures import fit_image
from library.files.fitting.wanted import Fit, Fitted, Unfit, why_unfit

__all__ = [
    "FIT_SECONDS",
    "Fit",
    "Fitted",
    "Unfit",
    "fit_image",
    "fit_video",
    "why_unfit",
]
