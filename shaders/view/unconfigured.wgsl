
// In place of a colour configuration's view, while there is none.
fn configured(rgb: vec3<f32>) -> vec3<f32> {
    return rgb;
}
