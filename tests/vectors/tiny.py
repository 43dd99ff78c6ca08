"""Very small ONNX models, good and bad, built node by node.  Opset 17, weights from seeded.py, stored in full."""
import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from .seeded import weights

OPSET, IR = 17, 8
F32 = TensorProto.FLOAT


def _model(nodes, inputs, outputs, tensors):
    graph = helper.make_graph(nodes, "tiny", inputs, outputs,
                              [numpy_helper.from_array(t, name) for name, t in tensors.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR,
                              producer_name="nijigen-vectors")
    checker.check_model(model)
    return model


def _value(name, dims, kind=F32):
    return helper.make_tensor_value_info(name, kind, dims)


def _weights(tag, **dims):
    return {k: weights(f"{tag}.{k}", d, 0, (3 / max(1, np.prod(d[1:]))) ** .5) for k, d in dims.items()}


def _body(source, target):
    """Reflection pad, 3x3 convolution to 8 channels, LeakyRelu, 1x1 convolution to 3, Tanh; NCHW."""
    node = helper.make_node
    return [node("Pad", [source, "pads"], ["padded"], mode="reflect"),
            node("Conv", ["padded", "w1", "b1"], ["c1"], kernel_shape=[3, 3]),
            node("LeakyRelu", ["c1"], ["r1"], alpha=.2),
            node("Conv", ["r1", "w2"], ["c2"], kernel_shape=[1, 1]),
            node("Tanh", ["c2"], [target])]


def _body_tensors(tag):
    return {"pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]), **_weights(tag, w1=(8, 3, 3, 3), b1=(8,), w2=(3, 8, 1, 1))}


def nhwc():
    """Channels last at both ends and a symbolic batch, as converters from TensorFlow write them."""
    node = helper.make_node
    nodes = [node("Transpose", ["photo"], ["nchw"], perm=[0, 3, 1, 2]), *_body("nchw", "painted"),
             node("Transpose", ["painted"], ["anime"], perm=[0, 2, 3, 1])]
    dims = ["batch", "height", "width", 3]
    return _model(nodes, [_value("photo", dims)], [_value("anime", dims)], _body_tensors("nhwc"))


def fixed(side=64):
    """NCHW with sides that cannot change."""
    dims = [1, 3, side, side]
    return _model(_body("photo", "anime"), [_value("photo", dims)], [_value("anime", dims)], _body_tensors("fixed"))


def classifier():
    """A picture in, ten scores out."""
    nodes = [helper.make_node("GlobalAveragePool", ["photo"], ["mean"]),
             helper.make_node("Flatten", ["mean"], ["flat"]),
             helper.make_node("Gemm", ["flat", "w"], ["scores"], transB=1)]
    return _model(nodes, [_value("photo", [1, 3, "height", "width"])], [_value("scores", [1, 10])],
                  _weights("classifier", w=(10, 3)))


def two_inputs():
    """A photo and a style picture in."""
    dims = [1, 3, "height", "width"]
    return _model([helper.make_node("Add", ["photo", "style"], ["anime"])],
                  [_value("photo", dims), _value("style", dims)], [_value("anime", dims)], {})


def not_a_picture():
    """A vector in, a vector out."""
    return _model([helper.make_node("MatMul", ["vector", "w"], ["other"])], [_value("vector", [1, 128])],
                  [_value("other", [1, 16])], _weights("not_a_picture", w=(128, 16)))


def whole_numbers():
    """A picture of 64-bit whole numbers in."""
    dims = [1, 3, "height", "width"]
    return _model([helper.make_node("Cast", ["photo"], ["cast"], to=F32), *_body("cast", "anime")],
                  [_value("photo", dims, TensorProto.INT64)], [_value("anime", dims)], _body_tensors("whole_numbers"))
