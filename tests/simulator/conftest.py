"""What every test inside this process does without: hundreds of machine images for each new account."""

from __future__ import annotations

from simulator import machine_images

machine_images.keep_few()
