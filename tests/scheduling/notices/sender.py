"""Send what is due and end: a program of its own, to be killed on the way.

python -m tests.scheduling.notices.sender
"""

import os

import django


def main() -> None:
    """Send with the settings of the environment."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "promura_site.settings"
    django.setup()
    from django.utils import timezone

    from scheduling.notices.sending import send_due

    print(send_due(timezone.now()), flush=True)


if __name__ == "__main__":
    main()
