#!/usr/bin/env python3
"""A whole camera program: 640x480 at 30 frames a second, displacements, an overlay, statistics at the end.

With OpenCV and a camera, building A is the brightest spot of the picture's upper half, building B that of the lower
half: put your own markers' detection into `find_marker`. Without either, frames are drawn by numpy. Needs numpy.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import math
import sys
import time
from typing import Any, Optional, Protocol

import numpy as np
import numpy.typing as npt

from opencv_camera_sender_ws import CameraSenderWS
from saluran_camera.sender import print_stats
from saluran_camera.synthetic import Shaking

Frame = npt.NDArray[np.uint8]

WIDTH, HEIGHT, FRAMES_PER_SECOND = 640, 480, 30
MM_PER_PIXEL = 0.5
# Of a marker's spot against the rest of the picture.
BRIGHT = 200
OVERLAY_SECONDS = 1.0


class Camera(Protocol):
    """Where frames come from."""

    def read(self) -> Optional[Frame]:
        """The next frame, when it is there; None when the camera has gone."""

    def release(self) -> None:
        """Gives the camera back."""


class RealCamera:
    """The first camera, through OpenCV."""

    def __init__(self, cv2: Any) -> None:
        self._cv2 = cv2
        self._capture = cv2.VideoCapture(0)
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)
        self._capture.set(cv2.CAP_PROP_FPS, FRAMES_PER_SECOND)
        if not self._capture.isOpened():
            raise OSError("no camera")

    def read(self) -> Optional[Frame]:
        good, frame = self._capture.read()
        return np.asarray(self._cv2.cvtColor(frame, self._cv2.COLOR_BGR2GRAY), np.uint8) if good else None

    def release(self) -> None:
        self._capture.release()


class DrawnCamera:
    """Two white squares on black, swinging as a building on the table does, at the pace of a camera."""

    def __init__(self, laptop_id: int) -> None:
        self._shaking = Shaking(laptop_id)
        self._due = time.monotonic()

    def read(self) -> Optional[Frame]:
        self._due += 1 / FRAMES_PER_SECOND
        time.sleep(max(0.0, self._due - time.monotonic()))
        dista, distb, _, _ = self._shaking.measure()
        frame = np.zeros((HEIGHT, WIDTH), np.uint8)
        for row, millimetres in ((HEIGHT // 4, dista), (3 * HEIGHT // 4, distb)):
            column = int(WIDTH / 2 + millimetres / MM_PER_PIXEL)
            frame[row - 8:row + 8, max(0, column - 8):max(0, column + 8)] = 255
        return frame

    def release(self) -> None:
        """Nothing is held."""


def find_marker(half: Frame) -> tuple[np.float64, np.bool_]:
    """How far the marker is from the middle, in mm, and whether it was seen: 0 when it was not."""
    rows_columns = np.argwhere(half >= BRIGHT)
    seen = np.bool_(len(rows_columns) > 0)
    if not seen:
        return np.float64(0.0), seen
    return np.float64((rows_columns[:, 1].mean() - WIDTH / 2) * MM_PER_PIXEL), seen


def run(camera: Camera, sender: CameraSenderWS, overlay: Overlay, seconds: float) -> None:
    """The video loop. Nothing in it waits but the camera."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        frame = camera.read()
        if frame is None:
            print("The camera gave no frame")
            return
        dista, is_a_detected = find_marker(frame[:HEIGHT // 2])
        distb, is_b_detected = find_marker(frame[HEIGHT // 2:])
        sender.send(dista, distb, is_a_detected, is_b_detected)
        if not overlay.show(frame, f"A {dista:7.2f} mm  B {distb:7.2f} mm", sender):
            return


class Overlay:
    """A window where OpenCV has one (q ends), else a line a second."""

    def __init__(self, cv2: Optional[Any]) -> None:
        self._cv2 = cv2
        self._printed = -OVERLAY_SECONDS

    def show(self, frame: Frame, text: str, sender: CameraSenderWS) -> bool:
        """False when the person wants to end."""
        stats = sender.get_stats()
        state = "connected" if stats["connected"] else "NOT connected"
        line = f"{text}  {state}, sent {stats['success']}, stored {stats['acknowledged']}, waiting {stats['buffered']}"
        if self._cv2 is not None:
            self._cv2.putText(frame, line, (10, 20), self._cv2.FONT_HERSHEY_SIMPLEX, 0.45, 255, 1)
            self._cv2.imshow("camera", frame)
            return bool(self._cv2.waitKey(1) & 0xFF != ord("q"))
        if time.monotonic() - self._printed >= OVERLAY_SECONDS:
            self._printed = time.monotonic()
            print(line, flush=True)
        return True


def cameras(laptop_id: int, drawn: bool, window: bool) -> tuple[Camera, Overlay]:
    """The best there is: a camera with a window, or drawn frames with printed lines."""
    if drawn or importlib.util.find_spec("cv2") is None:
        return DrawnCamera(laptop_id), Overlay(None)
    cv2 = importlib.import_module("cv2")
    try:
        return RealCamera(cv2), Overlay(cv2 if window else None)
    except OSError:
        print("No camera: drawing frames instead")
        return DrawnCamera(laptop_id), Overlay(None)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures with a camera and sends to the contest's server.")
    parser.add_argument("--laptop-id", type=int, default=1, choices=range(1, 9), help="the lane (default: 1)")
    parser.add_argument("--url", help="the server's address, or discover (default: SALURAN_CAMERA_URL, else localhost)")
    parser.add_argument("--seconds", type=float, default=math.inf, help="end after so long (default: go on)")
    parser.add_argument("--drawn", action="store_true", help="draw frames even where there is a camera")
    parser.add_argument("--no-window", dest="window", action="store_false", help="print lines instead")
    options = parser.parse_args()
    camera, overlay = cameras(options.laptop_id, options.drawn, options.window)
    sender = CameraSenderWS(options.laptop_id, options.url)
    with sender:
        try:
            run(camera, sender, overlay, options.seconds)
        except KeyboardInterrupt:
            print("Stopped")
        finally:
            camera.release()
    print_stats(sender.get_stats())
    return 0


if __name__ == "__main__":
    sys.exit(main())
