// Where the corners of meshes are that change their shape while the shutter is open. docs/rendering.md section 9.
// Such a triangle lies as it is when the shutter opens, and names another one, as it is when the shutter closes, in its flags.

const TRIANGLE_CLOSING_SHIFT: u32 = 3u;

struct Corners {
    a: vec3<f32>,
    b: vec3<f32>,
    c: vec3<f32>,
}

// 0: it keeps its shape.
fn closing_of(triangle: u32) -> u32 {
    if (params.flags & FLAG_BENDS) == 0u {
        return 0u;
    }
    return bitcast<u32>(triangle_at(triangle * 3u + 2u).w) >> TRIANGLE_CLOSING_SHIFT;
}

fn corners_of(triangle: u32) -> Corners {
    return Corners(triangle_at(triangle * 3u).xyz, triangle_at(triangle * 3u + 1u).xyz, triangle_at(triangle * 3u + 2u).xyz);
}

// Every corner goes straight and evenly from one end to the other.
fn bent(opening: Corners, closing: u32, time: f32) -> Corners {
    let closed = corners_of(closing);
    return Corners(
        opening.a + (closed.a - opening.a) * time,
        opening.b + (closed.b - opening.b) * time,
        opening.c + (closed.c - opening.c) * time,
    );
}

// A corner's three numbers, of which a mesh that bends has two: as the shutter opens and as it closes.
fn bent_vec3(first: u32, corner: u32, bends: bool, time: f32) -> vec3<f32> {
    if !bends {
        return attribute_vec3(first + corner * 3u);
    }
    let opening = attribute_vec3(first + corner * 6u);
    return opening + (attribute_vec3(first + corner * 6u + 3u) - opening) * time;
}

fn bent_vec4(first: u32, corner: u32, bends: bool, time: f32) -> vec4<f32> {
    if !bends {
        return attribute_vec4(first + corner * 4u);
    }
    let opening = attribute_vec4(first + corner * 8u);
    return opening + (attribute_vec4(first + corner * 8u + 4u) - opening) * time;
}

// Squared twice the area that two edges span after a map.
fn mapped_area2(rows: array<vec4<f32>, 3>, e1: vec3<f32>, e2: vec3<f32>) -> f32 {
    let spanned = cross(transform_vector(rows, e1), transform_vector(rows, e2));
    return dot(spanned, spanned);
}

fn corners_area2(rows: array<vec4<f32>, 3>, corners: Corners) -> f32 {
    return mapped_area2(rows, corners.b - corners.a, corners.c - corners.a);
}

// By how much a triangle, now of this squared twice the area, is smaller than it is weighed among lights: by what the frame has, or, where it bends, by
// the mean of both ends.
fn area_lost(instance: u32, hit_triangle: u32, now2: f32) -> f32 {
    let closing = closing_of(hit_triangle);
    if closing == 0u && sweep_of(instance) == NONE {
        return 1.0;
    }
    let frame = world_from_object(instance);
    var weighed2 = corners_area2(frame, corners_of(hit_triangle));
    if closing != 0u {
        let mean = 0.5 * (sqrt(weighed2) + sqrt(corners_area2(frame, corners_of(closing))));
        weighed2 = mean * mean;
    }
    return sqrt(weighed2 / max(now2, 1e-30));
}
