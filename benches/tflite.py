"""Our generators as LiteRT reads them: MODEL.onnx WIDTH HEIGHT OUT.tflite

Only the operators that they have (models/train/networks.py), in TensorFlow's layout: pixel after pixel, and space to
depth with the corners outermost, for which weights change places. What depends on `side` alone becomes a constant, as it
does for our engine.
"""
import pathlib
import sys

import flatbuffers
import numpy as np
import onnx
from onnx import numpy_helper

ADD, CONCATENATION, CONV, DEPTHWISE, DEPTH_TO_SPACE, MUL, SPACE_TO_DEPTH, TANH, PAD, LEAKY_RELU = 0, 2, 3, 4, 5, 18, 26, 28, 34, 98
SAME, VALID = 0, 1
KNOWN = {
    "Cast": lambda a: a.astype(np.float32),
    "Div": np.divide,
    "Log": np.log,
    "Clip": np.clip,
    "Mul": np.multiply,
}


class Writer:
    """Tensors, operators and buffers of one graph, as schema.fbs of TensorFlow Lite numbers their fields."""

    def __init__(self):
        self.to = flatbuffers.Builder(1 << 20)
        self.tensors, self.operators, self.codes = [], [], []
        self.buffers = [self.table(1, {})]

    def table(self, fields, values):
        """A table of so many fields; `values` by the field's number: a kind of number or a place, and the value."""
        self.to.StartObject(fields)
        for slot, (kind, value) in values.items():
            if kind == "at":
                self.to.PrependUOffsetTRelativeSlot(slot, value, 0)
            else:
                getattr(self.to, f"Prepend{kind}Slot")(slot, value, None)
        return self.to.EndObject()

    def places(self, items):
        self.to.StartVector(4, len(items), 4)
        for item in reversed(items):
            self.to.PrependUOffsetTRelative(item)
        return self.to.EndVector()

    def numbers(self, values):
        return self.to.CreateNumpyVector(np.asarray(values, np.int32))

    def tensor(self, shape, values=None):
        """Its number; whole numbers or floats."""
        buffer, whole = 0, values is not None and values.dtype == np.int32
        if values is not None:
            data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
            # Read where they lie.
            self.to.Prep(16, len(data) + 4)
            self.buffers.append(self.table(1, {0: ("at", self.to.CreateNumpyVector(data))}))
            buffer = len(self.buffers) - 1
        name = self.to.CreateString(f"t{len(self.tensors)}")
        fields = {0: ("at", self.numbers(shape)), 1: ("Int8", 2 if whole else 0), 2: ("Uint32", buffer), 3: ("at", name)}
        self.tensors.append(self.table(8, fields))
        return len(self.tensors) - 1

    def constant(self, values):
        return self.tensor(values.shape, values)

    def operator(self, code, inputs, shape, options=None):
        """The number of its output. `options`: the number of their kind, how many fields they have, and these."""
        if code not in self.codes:
            self.codes.append(code)
        output = self.tensor(shape)
        fields = {0: ("Uint32", self.codes.index(code)), 1: ("at", self.numbers(inputs)), 2: ("at", self.numbers([output]))}
        if options:
            kind, count, values = options
            fields |= {3: ("Uint8", kind), 4: ("at", self.table(count, values))}
        self.operators.append(self.table(9, fields))
        return output

    def file(self, inputs, outputs):
        code = lambda code: self.table(4, {0: ("Int8", code), 2: ("Int32", 1), 3: ("Int32", code)})
        lists = [self.places(self.tensors), self.numbers(inputs), self.numbers(outputs), self.places(self.operators)]
        graph = self.table(5, {slot: ("at", at) for slot, at in enumerate(lists)})
        parts = [self.places([code(c) for c in self.codes]), self.places([graph])]
        parts += [self.to.CreateString("nijigen"), self.places(self.buffers)]
        fields = {slot: ("at", at) for slot, at in enumerate(parts, 1)} | {0: ("Uint32", 3)}
        self.to.Finish(self.table(8, fields), b"TFL3")
        return bytes(self.to.Output())


def attributes(node):
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def corners_first(channels):
    """Where ONNX has the channels that TensorFlow has in the order of corners."""
    return np.arange(channels).reshape(-1, 4).T.reshape(-1)


class Converter:
    def __init__(self, graph, width, height):
        self.graph, self.writer = graph, Writer()
        self.known = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
        self.known["side"] = np.full((1, 1, 1, 1), max(width, height), np.float32)
        for node in graph.node:
            if node.op_type == "Constant":
                self.known[node.output[0]] = numpy_helper.to_array(attributes(node)["value"])
            elif all(name in self.known for name in node.input):
                self.known[node.output[0]] = KNOWN[node.op_type](*(self.known[name] for name in node.input))
        # By name: the tensor's number and its shape.
        self.pictures = {"photo": (self.writer.tensor([1, height, width, 3]), (height, width, 3))}
        # What PyTorch's space to depth gives.
        self.folded = next((n.output[0] for n in graph.node if n.op_type == "Squeeze"), None)

    def after(self, name):
        """The one node that reads this, if it is one."""
        after = [n for n in self.graph.node if name in n.input]
        return after[0] if len(after) == 1 else None

    def spread(self, name):
        """Whether depth to space follows, at once or after an activation."""
        after = self.after(name)
        if after and after.op_type == "LeakyRelu":
            return self.spread(after.output[0])
        return after is not None and after.op_type == "DepthToSpace"

    def run(self):
        for node in self.graph.node:
            if node.output[0] not in self.known and node.output[0] not in self.pictures:
                self.node(node)
        first, last = self.pictures["photo"], self.pictures[self.graph.output[0].name]
        return self.writer.file([first[0]], [last[0]])

    def node(self, node):
        result = node.output[0]
        if node.op_type == "Unsqueeze":
            number, (height, width, channels) = self.pictures[node.input[0]]
            shape = (height // 2, width // 2, 4 * channels)
            made = self.writer.operator(SPACE_TO_DEPTH, [number], (1, *shape), (19, 1, {0: ("Int32", 2)}))
            self.pictures[self.folded] = made, shape
        elif node.op_type in ("Reshape", "Transpose", "Squeeze"):
            pass  # of space to depth
        elif node.op_type == "Conv":
            after, more = self.after(result), 0
            known = [name for name in after.input if name in self.known] if after else []
            if known and after.op_type == "Add":
                result, more = after.output[0], self.known[known[0]].reshape(-1)
            self.pictures[result] = self.convolution(node, more, self.spread(result))
        else:
            self.pictures[result] = self.other(node.op_type, node)

    def convolution(self, node, more, spread):
        number, (height, width, channels) = self.pictures[node.input[0]]
        values = attributes(node)
        weights, bias = self.known[node.input[1]].astype(np.float32), self.known[node.input[2]].astype(np.float32) + more
        if node.input[0] == self.folded:
            weights = weights[:, corners_first(channels)]
        if spread:
            order = corners_first(len(bias))
            weights, bias = weights[order], bias[order]
        depthwise, stride, dilation = values["group"] > 1, values["strides"][0], values["dilations"][0]
        padding = SAME
        if stride == 2:
            pads = np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)
            shape = (1, height + 2, width + 2, channels)
            number = self.writer.operator(PAD, [number, self.writer.constant(pads)], shape, (22, 0, {}))
            padding = VALID
        shape = (height // stride, width // stride, len(bias))
        weights = weights.transpose(1, 2, 3, 0) if depthwise else weights.transpose(0, 2, 3, 1)
        inputs = [number, self.writer.constant(weights), self.writer.constant(bias.astype(np.float32))]
        fields = {0: ("Int8", padding), 1: ("Int32", stride), 2: ("Int32", stride)}
        if depthwise:
            fields |= {3: ("Int32", 1), 5: ("Int32", dilation), 6: ("Int32", dilation)}
            return self.writer.operator(DEPTHWISE, inputs, (1, *shape), (2, 7, fields)), shape
        fields |= {4: ("Int32", dilation), 5: ("Int32", dilation)}
        return self.writer.operator(CONV, inputs, (1, *shape), (1, 6, fields)), shape

    def other(self, kind, node):
        given = [self.pictures.get(name) for name in node.input]
        numbers = [g[0] if g else self.writer.constant(self.known[n].astype(np.float32).reshape(1, 1, 1, -1))
                   for g, n in zip(given, node.input)]
        height, width, channels = shape = next(g for g in given if g)[1]
        options = {
            "LeakyRelu": (LEAKY_RELU, lambda: (75, 1, {0: ("Float32", attributes(node)["alpha"])})),
            "Add": (ADD, lambda: (11, 1, {})),
            "Mul": (MUL, lambda: (21, 1, {})),
            "Tanh": (TANH, lambda: None),
            "Concat": (CONCATENATION, lambda: (10, 2, {0: ("Int32", 3)})),
            "DepthToSpace": (DEPTH_TO_SPACE, lambda: (94, 1, {0: ("Int32", 2)})),
        }
        code, options = options[kind]
        if kind == "Concat":
            shape = (height, width, sum(g[1][2] for g in given))
        if kind == "DepthToSpace":
            shape = (2 * height, 2 * width, channels // 4)
        return self.writer.operator(code, numbers, (1, *shape), options()), shape


def main():
    model, width, height, out = sys.argv[1:]
    path = pathlib.Path(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(Converter(onnx.load(model).graph, int(width), int(height)).run())


if __name__ == "__main__":
    main()
