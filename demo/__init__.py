"""The demo world: an invented company with five legal entities and its resellers. The code reads no clock."""
