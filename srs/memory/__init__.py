"""FSRS over whole histories: replay, fit, figures of merit. The only importer of numpy and scipy; pure, without a clock."""

import os

# The search for parameters multiplies small matrices: threads for that only wait for each other, and cost twice the time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
