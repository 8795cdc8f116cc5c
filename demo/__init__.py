"""The demo world: an invented company with five legal entities and its resellers, made by code without a clock."""
