"""What the two camera senders are made of.

Camera programs import `opencv_camera_sender_ws.CameraSenderWS` or `opencv_camera_sender.CameraSender`. A point's way:
`sender` (the video loop's side: checks, counts, never waits) → `buffer` (bounded, in order) → `link` (the background
thread: opens, writes, comes back after a loss) → `websocket_transport` or `http_transport`. Where the server is:
`address` and `discovery`.
"""
