"""FSRS over whole histories: replay, fit, figures of merit. The only importer of numpy and scipy; pure, without a clock."""
