//! ONNX's older ways to enlarge, which published exports of 2018 to 2020 use: `Upsample` (opsets 7 to 9) and the first
//! `Resize` (opset 10) become the `Resize` that tract knows.

use tract_onnx::{
    Onnx,
    model::ParsingContext,
    pb::{AttributeProto, ModelProto, NodeProto, TensorProto, attribute_proto::AttributeType, tensor_proto::DataType},
    prelude::*,
    tract_hir::internal::InferenceOp,
};

/// The version of `Resize` whose region may be left out.
const RESIZE: i64 = 13;

/// Adds `Upsample` to what tract knows.
pub(super) fn register(onnx: &mut Onnx) {
    onnx.op_register.insert("Upsample", build);
}

fn build(context: &ParsingContext, node: &NodeProto) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    let Some(resize) = context.framework.op_register.0.get("Resize") else {
        return Err(TractError::msg("there is no Resize"));
    };
    resize(&ParsingContext { onnx_operator_set_version: RESIZE, ..context.clone() }, node)
}

/// Gives such nodes the inputs and attributes of [`RESIZE`].
pub(super) fn modernise(proto: &mut ModelProto) {
    let first_resize = proto.opset_import.iter().any(|set| set.domain.is_empty() && set.version == 10);
    let Some(graph) = &mut proto.graph else { return };
    for (at, node) in graph.node.iter_mut().enumerate() {
        match node.op_type.as_str() {
            "Upsample" => {}
            "Resize" if first_resize => {
                set(node, "nearest_mode", "floor");
                continue;
            }
            _ => continue,
        }
        // Opset 7 has the scales in an attribute.
        if let Some(place) = node.attribute.iter().position(|attribute| attribute.name == "scales") {
            let float_data = node.attribute.swap_remove(place).floats;
            let name = format!("scales of {at} {}", node.name);
            let (dims, data_type) = (vec![float_data.len() as i64], DataType::Float as i32);
            graph.initializer.push(TensorProto {
                name: name.clone(),
                dims,
                data_type,
                float_data,
                ..TensorProto::default()
            });
            node.input.push(name);
        }
        if node.input.len() == 2 {
            node.input.insert(1, String::new());
        }
        if let Some(mode) =
            node.attribute.iter_mut().find(|attribute| attribute.name == "mode" && attribute.s == b"bilinear")
        {
            mode.s = b"linear".to_vec();
        }
        set(node, "coordinate_transformation_mode", "asymmetric");
        set(node, "nearest_mode", "floor");
    }
}

fn set(node: &mut NodeProto, name: &str, value: &str) {
    node.attribute.retain(|attribute| attribute.name != name);
    node.attribute.push(AttributeProto {
        name: name.into(),
        r#type: AttributeType::String as i32,
        s: value.into(),
        ..AttributeProto::default()
    });
}
