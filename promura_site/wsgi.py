"""The WSGI entry point that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from promura_site.bodies import WholeBodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "promura_site.settings")

application = WholeBodies(get_wsgi_application())
