"""Somebody is told: by mail, by Telegram and in the app, grouped by cause.

hearing      what befalls publications, written down in one row
conditions   what is wrong just now: silence, a sign-in, a burst, a stop, hand-overs
grouping     one notice for all of one cause, and when to speak of it again
people       who is told of what, when it may be loud, and by what means
sending      claims what is due and sends each person one message of all of it
"""
