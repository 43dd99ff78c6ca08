"""The training room: photos -> teacher's pictures -> a generator -> ONNX.  See README.md."""
