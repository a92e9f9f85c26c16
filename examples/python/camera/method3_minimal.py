#!/usr/bin/env python3
"""Method 3: the least a camera program needs. 100 points at 2 Hz."""

import time

from opencv_camera_sender_ws import CameraSenderWS

sender = CameraSenderWS(laptop_id=1)
sender.connect()
for i in range(100):
    sender.send(100.0 + i, 50.0 - i, True, True)
    time.sleep(0.5)
sender.disconnect()
print(sender.get_stats())
