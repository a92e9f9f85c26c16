#!/usr/bin/env python3
"""Method 2: connect, send at 10 Hz, and disconnect by hand, reconnecting by hand too.

The sender comes back by itself; doing it by hand, as programs for the first sender do, is harmless and loses nothing.
"""

from __future__ import annotations

import time

from opencv_camera_sender_ws import CameraSenderWS
from saluran_camera.sender import print_stats
from saluran_camera.synthetic import Shaking

POINTS = 100

sender = CameraSenderWS(laptop_id=1)
shaking = Shaking(laptop_id=1)
sender.connect()
try:
    for _ in range(POINTS):
        dista, distb, is_a_detected, is_b_detected = shaking.measure()
        if not sender.send(dista=dista, distb=distb, is_a_detected=is_a_detected, is_b_detected=is_b_detected):
            print("Send failed, connecting again ...")
            sender.disconnect()
            time.sleep(1)
            sender.connect()
        time.sleep(0.1)
except KeyboardInterrupt:
    print("Stopped")
finally:
    sender.disconnect()
    print_stats(sender.get_stats())
