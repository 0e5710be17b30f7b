#!/usr/bin/env python3
"""Make face-detector.net and face-landmarks.net from the npm package @mediapipe/face_mesh 0.4.1657299874.

    npm pack @mediapipe/face_mesh@0.4.1657299874 && tar xzf mediapipe-face_mesh-0.4.1657299874.tgz
    python3 -m venv venv && venv/bin/pip install numpy==2.* tflite==2.18.*
    venv/bin/python convert.py package/face_mesh_solution_packed_assets.data .

The weights are copied bit by bit (they are 16-bit floats in the package too); only the order of their axes changes.
A .net file is little-endian:

    8 bytes   b"STPLNET1"
    6 u32     input height, width, channels; number of values; number of steps; number of results
    results   u32 each: which values the network answers with
    steps     10 u32 each: kind, first input, second input, output, kernel height, kernel width, channels in,
              channels out, stride, whether the border is padded with zeros ("same")
    numbers   16-bit floats of the steps in turn: convolution: kernel [height][width][in][out], then bias [out];
              depthwise: kernel [height][width][channel], bias; prelu: slope [channel]
"""
import hashlib
import struct
import sys
from pathlib import Path

import numpy as np
import tflite

# SHA-256 of face_mesh_solution_packed_assets.data, and where the two models lie in it (its loader file says so too).
PACKED = "dbe5905c582c0462cdaea17e7e6ecea92edaa8cccc515c5e2e7291f2cbb5fb99"
MODELS = {"face-landmarks.net": (2495952, 3737848), "face-detector.net": (3757224, 3986256)}
KINDS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 1, "PRELU": 2, "RELU": 3, "ADD": 4, "PAD": 5, "MAX_POOL_2D": 6}
NAMES = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}


def options(op, kind):
    table = kind()
    table.Init(op.BuiltinOptions().Bytes, op.BuiltinOptions().Pos)
    return table


class Converter:
    def __init__(self, data):
        self.model = tflite.Model.GetRootAsModel(data, 0)
        self.graph = self.model.Subgraphs(0)
        self.half = {}
        self.values = {}
        self.steps, self.numbers = [], []

    def value(self, tensor):
        return self.values.setdefault(int(tensor), len(self.values))

    def shape(self, tensor):
        return [int(side) for side in self.graph.Tensors(int(tensor)).ShapeAsNumpy()]

    def weights(self, tensor):
        raw = self.model.Buffers(self.graph.Tensors(self.half[int(tensor)]).Buffer()).DataAsNumpy()
        return np.frombuffer(raw.tobytes(), np.float16).reshape(self.shape(tensor))

    def step(self, name, op):
        inputs, output = [int(i) for i in op.InputsAsNumpy()], int(op.OutputsAsNumpy()[0])
        first, second = self.value(inputs[0]), 0
        kernel, stride, same = (1, 1), 1, 0
        if name == "CONV_2D":
            chosen = options(op, tflite.Conv2DOptions)
            weights = self.weights(inputs[1]).transpose(1, 2, 3, 0)
        elif name == "DEPTHWISE_CONV_2D":
            chosen = options(op, tflite.DepthwiseConv2DOptions)
            weights = self.weights(inputs[1])[0]
        if name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            assert chosen.FusedActivationFunction() == 0 and chosen.DilationWFactor() == 1
            kernel, stride, same = weights.shape[:2], chosen.StrideW(), int(chosen.Padding() == 0)
            self.numbers += [weights, self.weights(inputs[2])]
        elif name == "PRELU":
            self.numbers.append(self.weights(inputs[1]))
        elif name == "ADD":
            second = self.value(inputs[1])
        elif name == "MAX_POOL_2D":
            chosen = options(op, tflite.Pool2DOptions)
            assert (chosen.FilterWidth(), chosen.StrideW()) == (2, 2) and self.shape(inputs[0])[1] % 2 == 0
        channels = self.shape(inputs[0])[3], self.shape(output)[3]
        self.steps.append((KINDS[name], first, second, self.value(output), *kernel, *channels, stride, same))

    def convert(self):
        side = self.shape(self.graph.InputsAsNumpy()[0])
        self.value(self.graph.InputsAsNumpy()[0])
        behind = {}
        for at in range(self.graph.OperatorsLength()):
            op = self.graph.Operators(at)
            code = self.model.OperatorCodes(op.OpcodeIndex())
            name = NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            if name == "DEQUANTIZE":
                self.half[int(op.OutputsAsNumpy()[0])] = int(op.InputsAsNumpy()[0])
            elif name in ("RESHAPE", "CONCATENATION"):
                # Only the order of reading changes: what is joined is answered in parts.
                behind[int(op.OutputsAsNumpy()[0])] = [
                    part for i in op.InputsAsNumpy()[: 1 if name == "RESHAPE" else None] for part in behind.get(int(i), [int(i)])
                ]
            else:
                self.step(name, op)
        results = [self.value(part) for i in self.graph.OutputsAsNumpy() for part in behind.get(int(i), [int(i)])]
        head = struct.pack("<6I", *side[1:], len(self.values), len(self.steps), len(results))
        steps = b"".join(struct.pack("<10I", *step) for step in self.steps)
        numbers = b"".join(np.ascontiguousarray(part, "<f2").tobytes() for part in self.numbers)
        return b"STPLNET1" + head + struct.pack(f"<{len(results)}I", *results) + steps + numbers


def main():
    packed = Path(sys.argv[1]).read_bytes()
    if hashlib.sha256(packed).hexdigest() != PACKED:
        sys.exit("this is not the file of version 0.4.1657299874")
    for name, (start, end) in MODELS.items():
        net = Converter(packed[start:end]).convert()
        (Path(sys.argv[2]) / name).write_bytes(net)
        print(name, len(net), hashlib.sha256(net).hexdigest())


main()
