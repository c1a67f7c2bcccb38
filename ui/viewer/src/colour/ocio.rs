//! OpenColorIO's configurations, through the crate `ocio`: a file, or one that the crate brings (`ocio://…`).
//!
//! Its arithmetic has the bits of the C++ library's, but for the last one where there are tables (decision 25), and its WGSL computes the same with the GPU's own functions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::ocio::gpu::wgsl::{WgslBindings, WgslTextureFormat};
use ::ocio::gpu::{GpuShaderCreator, GpuShaderDesc};
use ::ocio::{
    ColorSpaceDirection, Config, GpuLanguage, Processor, Transform, TransformDirection,
    ViewTransformDirection,
};

use super::space::Space;
use super::{Choice, Display, Generator, Table, Way, guard};
use crate::trouble::Trouble;
use crate::words::{fill, say};

/// How configurations are called that the crate brings.
pub const BROUGHT: &str = "ocio://";
/// The one that knows all spaces that files are in: how to come from them to the interchange space.
const INTERCHANGE: &str = "ocio://cg-config-v4.0.0_aces-v2.0_ocio-v2.5";
/// The role of the space through which two configurations meet.
const INTERCHANGE_ROLE: &str = "aces_interchange";
/// The shader's group of what a configuration needs.
const GROUP: u32 = 2;
/// Longer reasons are cut: some list every format that was tried.
const WHY_CHARS_MAX: usize = 110;

/// A configuration.
pub struct Ocio {
    config: Config,
    name: String,
    displays: Vec<Display>,
}

/// Where a picture's space was found.
enum Found {
    /// In the configuration, by this name.
    Own(String),
    /// In the one that the crate brings; both know the interchange space.
    Shared(Box<Config>, String),
}

/// How people read the name of a configuration: of a file its folder too, since most are called `config.ocio`.
pub fn name(source: &str) -> String {
    if source.starts_with(BROUGHT) {
        return source.to_owned();
    }
    let parts: Vec<_> = Path::new(source).iter().map(|part| part.to_string_lossy()).collect();
    parts[parts.len().saturating_sub(2)..].join("/")
}

impl Ocio {
    /// Reads a configuration: the path of a file, or `ocio://NAME`.
    ///
    /// # Errors
    /// [`Trouble`], for people.
    pub fn open(source: &str) -> Result<Self, Trouble> {
        let told = |why: &str, advice: &'static str| {
            let what = fill("trouble.ocio", &[("name", &name(source)), ("why", &short(why))]);
            Trouble { what, advice: say(advice).into() }
        };
        if !source.starts_with(BROUGHT) {
            let path = Path::new(source);
            guard::text(path).map_err(|refused| {
                let is_missing = refused == guard::Refused::Missing;
                let advice = if is_missing { "trouble.ocio.missing" } else { "trouble.ocio.advice" };
                told(&refused.to_string(), advice)
            })?;
        }
        let config =
            Config::create_from_file(source).map_err(|error| told(error.message(), "trouble.ocio.advice"))?;
        for path in files(&config) {
            guard::file(&path).map_err(|refused| told(&refused.to_string(), "trouble.ocio.advice"))?;
        }
        let views =
            |display: &str| (0..config.num_views(display)).map(|at| config.view(display, at)).collect();
        let displays: Vec<Display> = (0..config.num_displays())
            .map(|at| config.display(at))
            .map(|name| Display { views: views(&name), name })
            .filter(|display| !display.views.is_empty())
            .collect();
        if displays.is_empty() {
            return Err(told("it has no displays and views", "trouble.ocio.advice"));
        }
        Ok(Self { config, name: name(source), displays })
    }

    fn found(&self, space: &Space) -> Option<Found> {
        let named = space.names().find_map(|name| self.config.get_color_space(name));
        let has_identifier = |identifier: &str| !identifier.is_empty() && identifier == space.name;
        let mut all = self.config.all_color_spaces().iter();
        if let Some(own) = named.or_else(|| all.find(|other| has_identifier(other.interop_id()))) {
            return Some(Found::Own(own.name().to_owned()));
        }
        if !self.config.has_role(INTERCHANGE_ROLE) {
            return None;
        }
        let brought = Config::create_from_file(INTERCHANGE).ok()?;
        let name = space.names().find_map(|name| brought.get_color_space(name))?.name().to_owned();
        Some(Found::Shared(Box::new(brought), name))
    }

    fn processor(&self, found: &Found, to: &Choice) -> ::ocio::Result<Processor> {
        match found {
            Found::Own(name) => self.config.get_display_view_processor(name, &to.display, &to.view),
            Found::Shared(brought, name) => Config::get_processor_from_configs_display_view(
                brought,
                name,
                &self.config,
                &to.display,
                &to.view,
                TransformDirection::Forward,
            ),
        }
    }
}

impl Generator for Ocio {
    fn displays(&self) -> &[Display] {
        &self.displays
    }

    fn usual(&self) -> Choice {
        let display = self.config.default_display();
        let view = self.config.default_view(&display);
        let usual = Choice { display, view };
        if usual.is_in(&self.displays) {
            return usual;
        }
        self.displays.first().map(Display::first).unwrap_or_default()
    }

    fn way(&self, from: &Space, to: &Choice) -> Result<Way, Trouble> {
        let Some(found) = self.found(from) else {
            let what = fill("trouble.ocio.space", &[("name", &self.name), ("space", &short(&from.name))]);
            let advice = fill("trouble.ocio.space.advice", &[("space", &short(&from.name))]);
            return Err(Trouble { what, advice });
        };
        let told = |error: ::ocio::Error| {
            let why = short(error.message());
            let what =
                fill("trouble.ocio.view", &[("name", &self.name), ("view", &short(&to.view)), ("why", &why)]);
            let advice = match error {
                ::ocio::Error::MissingFile(_) => say("trouble.ocio.file.advice"),
                ::ocio::Error::Exception(_) => say("trouble.ocio.view.advice"),
            };
            Trouble { what, advice: advice.into() }
        };
        self.processor(&found, to).and_then(|processor| way(&processor)).map_err(told)
    }
}

fn way(processor: &Processor) -> ::ocio::Result<Way> {
    let mut shader = GpuShaderDesc::new();
    shader.set_language(GpuLanguage::Wgsl);
    shader.set_function_name("ocio_code");
    shader.set_descriptor_set_index(GROUP, 1)?;
    processor.default_gpu_processor()?.extract_gpu_shader_info(&mut shader)?;
    let none = WgslBindings::default();
    let bindings = shader.wgsl_bindings().unwrap_or(&none);
    let constants =
        if bindings.uniform_binding.is_some() { bindings.uniform_buffer(&shader)? } else { Vec::new() };
    let mut tables = Vec::new();
    for bound in &bindings.textures {
        let flat = (0..shader.num_textures()).map(|at| (shader.texture(at), shader.texture_values(at)));
        let deep =
            (0..shader.num_3d_textures()).map(|at| (shader.texture_3d(at), shader.texture_3d_values(at)));
        let is_it = |texture: &::ocio::Result<&::ocio::gpu::GpuTexture>| {
            texture.as_ref().is_ok_and(|texture| texture.texture_name == bound.texture_name)
        };
        let (_, values) = flat
            .chain(deep)
            .find(|(texture, _)| is_it(texture))
            .ok_or_else(|| ::ocio::Error::msg(format!("the table {} is missing", bound.texture_name)))?;
        tables.push(Table {
            binding: bound.binding,
            dimensions: bound.dimensions,
            size: [bound.width, bound.height, bound.depth],
            is_rgba: bound.format == WgslTextureFormat::Rgba32Float,
            bytes: bound.texel_data(values?)?,
        });
    }
    let call = "fn configured(rgb: vec3<f32>) -> vec3<f32> { return ocio_code(vec4<f32>(rgb, 1.0)).rgb; }";
    let wgsl = format!("{}\n{call}\n", shader.shader_text());
    let arithmetic = processor.default_cpu_processor();
    let code = move |mut rgb: [f32; 3]| {
        arithmetic.apply_rgb(&mut rgb);
        rgb
    };
    Ok(Way { code: Arc::new(code), wgsl, constants, tables })
}

/// Files that a configuration's own transforms name, where they are found.
fn files(config: &Config) -> Vec<PathBuf> {
    let mut all: Vec<&Transform> = Vec::new();
    for space in config.all_color_spaces().iter() {
        let both = [ColorSpaceDirection::ToReference, ColorSpaceDirection::FromReference];
        all.extend(both.into_iter().filter_map(|direction| space.transform(direction)));
    }
    for name in (0..config.num_view_transforms()).map(|at| config.view_transform_name_by_index(at)) {
        let both = [ViewTransformDirection::ToReference, ViewTransformDirection::FromReference];
        let view = config.view_transform(name);
        all.extend(view.iter().flat_map(|view| both.into_iter().filter_map(|way| view.transform(way))));
    }
    for look in (0..config.num_looks()).filter_map(|at| config.look(config.look_name_by_index(at))) {
        all.extend([look.transform(), look.inverse_transform()].into_iter().flatten());
    }
    let mut names = Vec::new();
    while let Some(transform) = all.pop() {
        match transform {
            Transform::File(file) => names.push(&file.src),
            Transform::Group(group) => all.extend(&group.transforms),
            _ => {}
        }
    }
    let context = config.current_context();
    names.into_iter().filter_map(|name| context.resolve_file_location(name).ok()).map(PathBuf::from).collect()
}

/// A reason as one line without its full stop.
fn short(why: &str) -> String {
    let line = why.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let line: String = line.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    let line = line.trim_end_matches(['.', ':', ' ']);
    match line.char_indices().nth(WHY_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
