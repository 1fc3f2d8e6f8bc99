//! Times quantette for the benchmark: raw pixels in, codebook and labels out, one request a line.
//!
//! Arguments: `kmeans` or `wu` (quantize, then nearest codes) or `diffusion` (error diffusion with a
//! codebook that k-means made beforehand, untimed), and the number of threads.
//!
//! A request is `input height width channels k output`, separated by tabs; the reply is one line of
//! JSON. The output holds the codebook, then a byte a pixel.

use quantette::{
    ImageRef, PaletteInColorSpace, PaletteSize, Pipeline, QuantizeMethod,
    deps::palette::{Srgb, cast},
    dither::FloydSteinberg,
};
use std::{
    error::Error,
    fs,
    io::{self, BufRead, Write},
    time::Instant,
};

unsafe extern "C" {
    /// C's processor time in microseconds (POSIX).
    safe fn clock() -> std::ffi::c_long;
}

type Outcome<T> = Result<T, Box<dyn Error>>;

fn quantizer(task: &str, k: PaletteSize, parallel: bool) -> Outcome<Pipeline> {
    let method = match task {
        "wu" => QuantizeMethod::Wu,
        "kmeans" | "diffusion" => QuantizeMethod::kmeans(),
        _ => return Err(format!("unknown task {task:?}").into()),
    };
    Ok(Pipeline::new()
        .palette_size(k)
        .quantize_method(method)
        .ditherer(None)
        .parallel(parallel))
}

fn serve(request: &str, task: &str, parallel: bool) -> Outcome<String> {
    let fields: Vec<&str> = request.split('\t').collect();
    let &[input, height, width, "3", k, output] = fields.as_slice() else {
        return Err("a request has six fields and three channels".into());
    };
    let k: u16 = k.parse()?;
    let bytes = fs::read(input)?;
    let colors: &[Srgb<u8>] = cast::from_component_slice(&bytes);
    let image =
        ImageRef::new(width.parse()?, height.parse()?, colors).map_err(|e| e.to_string())?;
    let mut pipeline = quantizer(task, k.try_into()?, parallel)?;
    if task == "diffusion" {
        let palette = pipeline.clone().input_image(image).output_oklab_palette();
        let palette = PaletteInColorSpace::Oklab(palette.ok_or("no pixels")?);
        pipeline = pipeline
            .quantize_method(palette)
            .ditherer(FloydSteinberg::new());
    }

    let (start, start_cpu) = (Instant::now(), clock());
    let indexed = pipeline.input_image(image).output_srgb8_indexed_image();
    let seconds = start.elapsed().as_secs_f64();
    let cpu_seconds = (clock() - start_cpu) as f64 / 1e6;

    let mut file = io::BufWriter::new(fs::File::create(output)?);
    file.write_all(cast::into_component_slice(indexed.palette()))?;
    file.write_all(indexed.indices())?;
    file.flush()?;
    let codes = indexed.palette().len();
    Ok(format!(
        "{{\"seconds\": {seconds:.9}, \"cpu_seconds\": {cpu_seconds:.6}, \"codes\": {codes}}}"
    ))
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, task, threads] = arguments.as_slice() else {
        return Err("usage: kmeans|wu|diffusion THREADS".into());
    };
    let parallel = threads.parse::<usize>()? > 1;
    println!("{{\"ready\": true}}");
    for line in io::stdin().lock().lines() {
        match serve(&line?, task, parallel) {
            Ok(reply) => println!("{reply}"),
            Err(error) => println!("{{\"error\": {:?}}}", error.to_string()),
        }
    }
    Ok(())
}
