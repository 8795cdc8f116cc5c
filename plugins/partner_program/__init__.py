"""Programme operations for a company that sells through resellers: tiers, grace periods, discount rates, letters."""
