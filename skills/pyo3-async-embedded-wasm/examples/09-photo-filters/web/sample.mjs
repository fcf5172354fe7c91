// A landscape to begin with: nothing needs to be downloaded, and nobody's photo is shown.

/** Numbers that look random and are the same each time. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function ridge(paint, width, height, base, rough, colour, random) {
  const waves = Array.from({ length: 6 }, (_, index) => [random() * 6, (index + 1) ** 1.6, rough / (index + 1)]);
  paint.fillStyle = colour;
  paint.beginPath();
  paint.moveTo(0, height);
  for (let x = 0; x <= width; x += 2) {
    const lift = waves.reduce((sum, [phase, speed, size]) => sum + size * Math.sin(phase + (speed * x * 4) / width), 0);
    paint.lineTo(x, base - lift);
  }
  paint.lineTo(width, height);
  paint.fill();
}

/** Paints the landscape onto a canvas. */
export function paintSample(canvas) {
  const { width, height } = canvas;
  const paint = canvas.getContext("2d", { willReadFrequently: true });
  const random = numbers(7);
  const sky = paint.createLinearGradient(0, 0, 0, height * 0.75);
  sky.addColorStop(0, "#2b5fa8");
  sky.addColorStop(0.55, "#f0a868");
  sky.addColorStop(1, "#fbe3b4");
  paint.fillStyle = sky;
  paint.fillRect(0, 0, width, height);
  const sun = paint.createRadialGradient(width * 0.7, height * 0.42, 8, width * 0.7, height * 0.42, 150);
  sun.addColorStop(0, "#fffbe8");
  sun.addColorStop(0.18, "rgb(255 236 170 / 0.9)");
  sun.addColorStop(1, "rgb(255 200 120 / 0)");
  paint.fillStyle = sun;
  paint.fillRect(0, 0, width, height);
  ridge(paint, width, height, height * 0.56, 34, "#7f86ab", random);
  ridge(paint, width, height, height * 0.66, 30, "#4f6683", random);
  ridge(paint, width, height, height * 0.78, 24, "#2f4d4f", random);
  ridge(paint, width, height, height * 0.9, 14, "#1d352b", random);
  for (let tree = 0; tree < 90; tree += 1) {
    const x = random() * width;
    const size = 14 + random() * 34;
    const foot = height * 0.93 + random() * height * 0.08;
    paint.fillStyle = `hsl(${140 + random() * 25} 35% ${9 + random() * 10}%)`;
    paint.beginPath();
    paint.moveTo(x, foot - size * 1.9);
    paint.lineTo(x + size * 0.36, foot);
    paint.lineTo(x - size * 0.36, foot);
    paint.fill();
  }
  return paint.getImageData(0, 0, width, height);
}
