"""Series: posts that come again by a rule, and keep their hour."""
