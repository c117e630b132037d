"""What the platforms call themselves."""

_NAMES = {
    "linkedin": "LinkedIn",
    "tiktok": "TikTok",
    "vk": "VK",
    "youtube": "YouTube",
}


def platform_name(platform: str) -> str:
    """Return a platform's name as it writes itself."""
    return _NAMES.get(platform, platform.capitalize())
