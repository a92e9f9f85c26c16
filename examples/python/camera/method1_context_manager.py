#!/usr/bin/env python3
"""Method 1: the sender as a context manager. It connects, comes back after losses, and delivers the rest at the end."""

from __future__ import annotations

import time

from opencv_camera_sender_ws import CameraSenderWS
from saluran_camera.synthetic import Shaking

shaking = Shaking(laptop_id=1)
with CameraSenderWS(laptop_id=1) as sender:
    for number in range(1, 21):
        dista, distb, is_a_detected, is_b_detected = shaking.measure()
        sent = sender.send(dista, distb, is_a_detected, is_b_detected)
        print(f"[{number}] dista={dista:.2f} mm, distb={distb:.2f} mm -> {'OK' if sent else 'kept for later'}")
        time.sleep(0.1)
print(sender.get_stats())
