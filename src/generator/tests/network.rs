//! Small networks in ONNX, written operator by operator.

use prost::Message;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto, attribute_proto::AttributeType, tensor_proto::DataType, tensor_shape_proto::Dimension,
    tensor_shape_proto::dimension::Value as Side, type_proto, type_proto::Value as Type,
};

/// A network in the making.
#[derive(Default)]
pub(super) struct Network {
    nodes: Vec<NodeProto>,
    weights: Vec<TensorProto>,
    seed: u32,
}

/// A picture in it: its name and how many channels it has.
pub(super) type Picture = (String, usize);

/// Values between -1 and 1 to put into a network, always the same.
pub(in crate::generator) fn noise(count: usize) -> Vec<f32> {
    Network::seeded(7).noise(count)
}

impl Network {
    pub(super) fn seeded(seed: u32) -> Network {
        Network { seed, ..Network::default() }
    }

    pub(super) fn noise(&mut self, count: usize) -> Vec<f32> {
        let mut next = || {
            self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.seed >> 8) as f32 / 8_388_608. - 1.
        };
        (0..count).map(|_| next()).collect()
    }

    pub(super) fn node(
        &mut self,
        kind: &str,
        inputs: &[&str],
        attributes: &[(&str, &[i64])],
        texts: &[(&str, &str)],
    ) -> String {
        let name = format!("v{}", self.nodes.len());
        let whole = |&(name, values): &(&str, &[i64])| match (name, values) {
            ("group" | "axis" | "blocksize" | "to", &[i]) => {
                AttributeProto { name: name.into(), r#type: AttributeType::Int as i32, i, ..Default::default() }
            }
            _ => {
                let ints = values.to_vec();
                AttributeProto { name: name.into(), r#type: AttributeType::Ints as i32, ints, ..Default::default() }
            }
        };
        let text = |&(name, text): &(&str, &str)| {
            let s = text.as_bytes().to_vec();
            AttributeProto { name: name.into(), r#type: AttributeType::String as i32, s, ..Default::default() }
        };
        self.nodes.push(NodeProto {
            name: name.clone(),
            op_type: kind.into(),
            input: inputs.iter().map(|&input| input.into()).collect(),
            output: vec![name.clone()],
            attribute: attributes.iter().map(whole).chain(texts.iter().map(text)).collect(),
            ..NodeProto::default()
        });
        name
    }

    pub(super) fn weight(&mut self, dims: &[usize], float_data: Vec<f32>) -> String {
        let name = format!("w{}", self.weights.len());
        let dims = dims.iter().map(|&side| side as i64).collect();
        let data_type = DataType::Float as i32;
        self.weights.push(TensorProto { name: name.clone(), dims, data_type, float_data, ..Default::default() });
        name
    }

    pub(super) fn integers(&mut self, values: &[i64]) -> String {
        let (name, data_type) = (format!("w{}", self.weights.len()), DataType::Int64 as i32);
        let (dims, int64_data) = (vec![values.len() as i64], values.to_vec());
        self.weights.push(TensorProto { name: name.clone(), dims, data_type, int64_data, ..Default::default() });
        name
    }

    /// Blocks of 2×2 pixels become channels, in the order c, dy, dx.
    pub(super) fn gathered(&mut self, (input, channels): &Picture, [height, width]: [u32; 2]) -> Picture {
        let (c, h, w) = (*channels as i64, i64::from(height) / 2, i64::from(width) / 2);
        let (split, joined) = (self.integers(&[1, c, h, 2, w, 2]), self.integers(&[1, 4 * c, h, w]));
        let parts = self.node("Reshape", &[input, &split], &[], &[]);
        let moved = self.node("Transpose", &[&parts], &[("perm", &[0, 1, 3, 5, 2, 4])], &[]);
        (self.node("Reshape", &[&moved, &joined], &[], &[]), 4 * channels)
    }

    pub(super) fn convolve(&mut self, picture: &Picture, outputs: usize, with: &Convolve) -> Picture {
        let (input, inputs) = &if with.mirrored { self.mirrored(picture, with.pad() as i64) } else { picture.clone() };
        let (count, depth) = if with.depthwise { (*inputs, 1) } else { (outputs, *inputs) };
        let scale = (3. / (depth * with.kernel * with.kernel) as f32).sqrt();
        let filters = self.noise(count * depth * with.kernel * with.kernel).into_iter().map(|value| value * scale);
        let filters = filters.collect();
        let weights = self.weight(&[count, depth, with.kernel, with.kernel], filters);
        let bias = self.noise(count);
        let bias = self.weight(&[count], bias);
        let pad = if with.mirrored { 0 } else { with.pad() as i64 };
        let (stride, dilation) = (with.stride as i64, with.dilation as i64);
        let attributes = [
            ("strides", &[stride; 2][..]),
            ("dilations", &[dilation; 2]),
            ("pads", &[pad; 4]),
            ("group", &[if with.depthwise { count as i64 } else { 1 }]),
        ];
        (self.node("Conv", &[input, &weights, &bias], &attributes, &[]), count)
    }

    pub(super) fn mirrored(&mut self, (input, channels): &Picture, by: i64) -> Picture {
        let by = self.integers(&[0, 0, by, by, 0, 0, by, by]);
        (self.node("Pad", &[input, &by], &[], &[("mode", "reflect")]), *channels)
    }

    pub(super) fn plus(&mut self, (a, channels): &Picture, (b, _): &Picture) -> Picture {
        (self.node("Add", &[a, b], &[], &[]), *channels)
    }

    pub(super) fn leaky(&mut self, (input, channels): &Picture) -> Picture {
        (self.node("LeakyRelu", &[input], &[], &[]), *channels)
    }

    pub(super) fn normal(&mut self, (input, channels): &Picture) -> Picture {
        let factors = [0, 1].map(|_| {
            let values = self.noise(*channels);
            self.weight(&[*channels], values)
        });
        (self.node("InstanceNormalization", &[input, &factors[0], &factors[1]], &[], &[]), *channels)
    }

    pub(super) fn beside(&mut self, (a, channels): &Picture, (b, more): &Picture) -> Picture {
        (self.node("Concat", &[a, b], &[("axis", &[1])], &[]), channels + more)
    }

    /// Four channels become four pixels.
    pub(super) fn spread(&mut self, (input, channels): &Picture) -> Picture {
        let (block, order) = (("blocksize", &[2][..]), ("mode", "CRD"));
        (self.node("DepthToSpace", &[input], &[block], &[order]), channels / 4)
    }

    pub(super) fn enlarged(&mut self, (input, channels): &Picture) -> Picture {
        let factors = self.weight(&[4], vec![1., 1., 2., 2.]);
        let texts = [("mode", "linear"), ("coordinate_transformation_mode", "half_pixel")];
        (self.node("Resize", &[input, "", &factors], &[], &texts), *channels)
    }

    pub(super) fn file(mut self, last: &Picture) -> Vec<u8> {
        let output = self.node("Identity", &[&last.0], &[], &[]);
        let side = |value| Dimension { value: Some(value), ..Dimension::default() };
        let free = ["height", "width"].map(|name| side(Side::DimParam(name.into())));
        let picture = |name: &str| ValueInfoProto {
            name: name.into(),
            r#type: Some(TypeProto {
                value: Some(Type::TensorType(type_proto::Tensor {
                    elem_type: DataType::Float as i32,
                    shape: Some(TensorShapeProto {
                        dim: [1, 3].map(|n| side(Side::DimValue(n))).into_iter().chain(free.clone()).collect(),
                    }),
                })),
                ..TypeProto::default()
            }),
            ..ValueInfoProto::default()
        };
        let graph = GraphProto {
            name: "graph".into(),
            input: vec![picture("input")],
            output: vec![picture(&output)],
            node: self.nodes,
            initializer: self.weights,
            ..GraphProto::default()
        };
        let opset_import = vec![OperatorSetIdProto { version: 13, ..OperatorSetIdProto::default() }];
        ModelProto { ir_version: 8, graph: Some(graph), opset_import, ..ModelProto::default() }.encode_to_vec()
    }
}

#[derive(Debug, Clone)]
pub(super) struct Convolve {
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) dilation: usize,
    pub(super) depthwise: bool,
    /// Whether the picture is mirrored at its border; zeros lie beyond it else.
    pub(super) mirrored: bool,
}

pub(super) const POINTWISE: Convolve =
    Convolve { kernel: 1, stride: 1, dilation: 1, depthwise: false, mirrored: false };

impl Convolve {
    pub(super) fn pad(&self) -> usize {
        self.dilation * (self.kernel - 1) / 2
    }
}
