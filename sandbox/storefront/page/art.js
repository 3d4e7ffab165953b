// Product pictures: drawn here, by what a product is, in colours that its id chooses. Nothing is loaded from anywhere.

const PALETTES = [
  { back: "#efe6d8", blob: "#e2d2b8", main: "#b4552d", side: "#7c3a1e", light: "#f7efe3" },
  { back: "#e3ebe4", blob: "#cbdccf", main: "#2f6b55", side: "#1d4638", light: "#f1f6f2" },
  { back: "#e6e8f0", blob: "#ced4e6", main: "#3d4f8a", side: "#27335e", light: "#f3f5fb" },
  { back: "#f3e4e1", blob: "#e7cac4", main: "#a8434b", side: "#6f2930", light: "#fbf1ef" },
  { back: "#f4ecd2", blob: "#e9d9a2", main: "#a97a12", side: "#6f4f08", light: "#fcf8ea" },
  { back: "#e2ecee", blob: "#c4dbe0", main: "#2b6d7c", side: "#194954", light: "#f0f7f8" },
];

const SHAPES = {
  Kitchen: [
    (p) => `<rect x="52" y="88" width="96" height="62" rx="12" fill="${p.main}"/><rect x="44" y="78" width="112" height="14" rx="7" fill="${p.side}"/><circle cx="100" cy="69" r="9" fill="${p.side}"/><rect x="30" y="98" width="24" height="12" rx="6" fill="${p.side}"/><rect x="146" y="98" width="24" height="12" rx="6" fill="${p.side}"/><rect x="66" y="102" width="10" height="34" rx="5" fill="${p.light}" opacity=".5"/>`,
    (p) => `<path d="M62 82h64l12 70H50z" fill="${p.main}"/><path d="M134 92c26-6 34 34 8 40" fill="none" stroke="${p.side}" stroke-width="10" stroke-linecap="round"/><path d="M64 82c0-26 60-26 60 0z" fill="${p.side}"/><circle cx="94" cy="57" r="7" fill="${p.side}"/><path d="M54 106 34 88" stroke="${p.side}" stroke-width="10" stroke-linecap="round"/>`,
  ],
  Garden: [
    (p) => `<path d="M66 112h68l-10 46H76z" fill="${p.main}"/><rect x="60" y="102" width="80" height="14" rx="5" fill="${p.side}"/><path d="M100 102c-4-30-34-34-42-34 0 26 20 36 42 34zM100 96c0-34 24-50 40-52 4 30-14 50-40 52z" fill="${p.side}" opacity=".85"/><path d="M100 102V58" stroke="${p.side}" stroke-width="5" stroke-linecap="round"/>`,
    (p) => `<rect x="72" y="76" width="56" height="74" rx="8" fill="${p.main}"/><rect x="80" y="86" width="40" height="52" rx="4" fill="${p.light}"/><path d="M100 96c12 14 12 30 0 32-12-2-12-18 0-32z" fill="${p.main}"/><path d="M68 76 100 54l32 22z" fill="${p.side}"/><path d="M84 54c0-22 32-22 32 0" fill="none" stroke="${p.side}" stroke-width="5"/>`,
  ],
  Beauty: [
    (p) => `<rect x="68" y="84" width="64" height="74" rx="14" fill="${p.main}"/><rect x="88" y="66" width="24" height="20" fill="${p.side}"/><path d="M94 66V46q0-10 12-10h10" fill="none" stroke="${p.side}" stroke-width="9" stroke-linecap="round"/><rect x="80" y="104" width="40" height="32" rx="5" fill="${p.light}"/>`,
    (p) => `<ellipse cx="100" cy="140" rx="52" ry="18" fill="${p.side}"/><path d="M48 106v34h104v-34z" fill="${p.main}"/><ellipse cx="100" cy="106" rx="52" ry="18" fill="${p.light}"/><ellipse cx="100" cy="104" rx="40" ry="12" fill="${p.blob}"/><path d="M76 102c8-22 40-22 44-2" fill="none" stroke="${p.light}" stroke-width="8" stroke-linecap="round"/>`,
  ],
  Sport: [
    (p) => `<rect x="78" y="74" width="44" height="86" rx="12" fill="${p.main}"/><rect x="86" y="52" width="28" height="18" rx="4" fill="${p.side}"/><rect x="94" y="40" width="12" height="14" rx="4" fill="${p.side}"/><rect x="78" y="98" width="44" height="26" fill="${p.light}"/><path d="m84 111 8-8 8 8 8-8 8 8" fill="none" stroke="${p.side}" stroke-width="4"/>`,
    (p) => `<path d="M70 54 48 72l10 22 12-6v70h60V88l12 6 10-22-22-18-18-2q-12 12-24 0z" fill="${p.main}"/><path d="M88 52q12 14 24 0" fill="none" stroke="${p.side}" stroke-width="6"/><path d="M70 120h60" stroke="${p.light}" stroke-width="7"/><path d="M70 134h60" stroke="${p.side}" stroke-width="5"/>`,
    (p) => `<rect x="52" y="92" width="104" height="62" rx="8" fill="${p.main}"/><circle cx="66" cy="104" r="34" fill="${p.side}"/><circle cx="66" cy="104" r="24" fill="${p.main}"/><circle cx="66" cy="104" r="14" fill="${p.side}"/><circle cx="66" cy="104" r="5" fill="${p.light}"/><path d="M112 92v62M132 92v62" stroke="${p.light}" stroke-width="5"/>`,
  ],
  Home: [
    (p) => `<path d="M76 52h48l22 52H54z" fill="${p.main}"/><rect x="96" y="104" width="8" height="40" fill="${p.side}"/><rect x="72" y="144" width="56" height="12" rx="6" fill="${p.side}"/><path d="M84 62h10l-10 34H70z" fill="${p.light}" opacity=".5"/>`,
    (p) => `<rect x="50" y="64" width="100" height="92" rx="18" fill="${p.main}"/><path d="M50 96h100M50 124h100" stroke="${p.light}" stroke-width="6" opacity=".7"/><path d="M84 64v92M116 64v92" stroke="${p.side}" stroke-width="6" opacity=".7"/>`,
    (p) => `<path d="M84 48h32l-4 22c40 22 34 86-12 88-46-2-52-66-12-88z" fill="${p.main}"/><path d="M66 104c20 14 48 14 68 0" fill="none" stroke="${p.light}" stroke-width="6"/><rect x="80" y="42" width="40" height="9" rx="4" fill="${p.side}"/>`,
    (p) => `<path d="M52 66q48 12 96 0 10 44 0 88-48-12-96 0-10-44 0-88z" fill="${p.main}"/><path d="M74 82q26 6 52 0 6 28 0 56-26-6-52 0-6-28 0-56z" fill="none" stroke="${p.light}" stroke-width="5"/><circle cx="100" cy="110" r="7" fill="${p.side}"/>`,
  ],
  Toys: [
    (p) => `<rect x="44" y="104" width="52" height="52" rx="6" fill="${p.main}"/><rect x="104" y="104" width="52" height="52" rx="6" fill="${p.side}"/><rect x="74" y="48" width="52" height="52" rx="6" fill="${p.light}" stroke="${p.main}" stroke-width="5"/><circle cx="100" cy="74" r="11" fill="${p.main}"/><path d="M58 130h24M70 118v24" stroke="${p.light}" stroke-width="6"/><path d="m118 142 12-22 12 22z" fill="${p.light}"/>`,
    (p) => `<circle cx="70" cy="62" r="16" fill="${p.side}"/><circle cx="130" cy="62" r="16" fill="${p.side}"/><circle cx="100" cy="84" r="40" fill="${p.main}"/><ellipse cx="100" cy="142" rx="42" ry="26" fill="${p.main}"/><ellipse cx="100" cy="96" rx="17" ry="13" fill="${p.light}"/><circle cx="86" cy="76" r="4.5" fill="${p.side}"/><circle cx="114" cy="76" r="4.5" fill="${p.side}"/><circle cx="100" cy="92" r="5" fill="${p.side}"/>`,
  ],
  Pantry: [
    (p) => `<rect x="62" y="72" width="76" height="84" rx="14" fill="${p.main}"/><rect x="68" y="52" width="64" height="18" rx="5" fill="${p.side}"/><rect x="62" y="96" width="76" height="36" fill="${p.light}"/><circle cx="100" cy="114" r="11" fill="${p.main}"/>`,
    (p) => `<path d="M60 78h80v78H60z" fill="${p.main}"/><path d="m60 78 12-26h56l12 26z" fill="${p.side}"/><rect x="76" y="96" width="48" height="42" rx="5" fill="${p.light}"/><path d="M100 130c-18-12-14-26 0-28 14 2 18 16 0 28z" fill="${p.main}"/>`,
  ],
  Wine: [
    (p) => `<path d="M90 34h20v38c18 8 20 20 20 34v46q0 8-8 8H78q-8 0-8-8v-46c0-14 2-26 20-34z" fill="${p.main}"/><rect x="70" y="112" width="60" height="32" fill="${p.light}"/><rect x="88" y="30" width="24" height="18" rx="3" fill="${p.side}"/><path d="M84 128h32" stroke="${p.main}" stroke-width="4"/>`,
    (p) => `<path d="M66 46h68c4 44-8 62-34 62s-38-18-34-62z" fill="${p.light}" stroke="${p.side}" stroke-width="5"/><path d="M69 72h62c-2 24-12 33-31 33s-29-9-31-33z" fill="${p.main}"/><path d="M100 108v40" stroke="${p.side}" stroke-width="6"/><path d="M72 152h56" stroke="${p.side}" stroke-width="8" stroke-linecap="round"/>`,
  ],
};
const OTHERS = [(p) => `<rect x="54" y="74" width="92" height="80" rx="8" fill="${p.main}"/><path d="M54 98h92" stroke="${p.light}" stroke-width="6"/><path d="M100 74v80" stroke="${p.light}" stroke-width="8"/><path d="M100 72c-30-6-30-32-12-30 10 2 12 20 12 30 0-10 2-28 12-30 18-2 18 24-12 30z" fill="${p.side}"/>`];

function chosen(text) {
  let hash = 2166136261;
  for (const letter of text) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619);
  return hash >>> 0;
}

// Which of its category's drawings a product has, by a word of its name; the others take one by their id.
const DRAWN = { Pan: 0, Pot: 0, Bowl: 0, Board: 0, Grinder: 1, Kettle: 1, Lantern: 1, Planter: 0, Seed: 0, Serum: 0, Shampoo: 0, Oil: 0, Balm: 1, Mask: 1, Soap: 1,
  Bottle: 0, Jacket: 1, Shorts: 1, Mat: 2, Lamp: 0, Basket: 1, Shelf: 1, Vase: 2, Throw: 3, Cushion: 3, Blocks: 0, Puzzle: 0, Bear: 1, Honey: 0, Jam: 0, Pepper: 0, Tea: 1, Biscuits: 1, Chocolate: 1 };

function drawing(product, shapes, number) {
  const word = product.name.split(" ").find((each) => each in DRAWN && DRAWN[each] < shapes.length);
  return shapes[word ? DRAWN[word] : (number >>> 4) % shapes.length];
}

export function picture(product) {
  const number = chosen(product.product_id);
  const palette = PALETTES[number % PALETTES.length];
  const shapes = SHAPES[product.category_l1] || OTHERS;
  const holder = document.createElement("span");
  holder.className = "picture";
  holder.innerHTML = `<svg viewBox="0 0 200 200" aria-hidden="true" focusable="false"><rect width="200" height="200" fill="${palette.back}"/><circle cx="${70 + (number % 60)}" cy="${80 + (number % 40)}" r="78" fill="${palette.blob}"/><ellipse cx="100" cy="160" rx="60" ry="7" fill="${palette.side}" opacity=".16"/>${drawing(product, shapes, number)(palette)}</svg>`;
  return holder;
}
