"""How a post reaches each platform: one small class per way, no database inside."""
