// Unpacks what `xz --format=lzma` packs: a tenth less than gzip, which is what browsers unpack.
//
// Hand-written, because published decoders are larger than what this saves. It reads files with
// lc = 4, lp = 0 and pb = 0, as `cargo xtask wasm` writes them. The names are those of the format's
// specification, which comes with the LZMA SDK.

const LC = 4;
const HEADER = 13;

// Where the chances of each kind of bit begin.
const IS_MATCH = 0, IS_REP = 12, IS_REP_G0 = 24, IS_REP_G1 = 36, IS_REP_G2 = 48, IS_REP0_LONG = 60,
	SLOT = 128, SPECIAL = 384, ALIGN = 512, LENGTH = 528, REP_LENGTH = 1040, LITERAL = 1552;

// The range decoder; all its numbers have 32 bits. Functions in one another, because engines make
// them twice as fast as methods, and this runs once.
function reader(packed) {
	const chances = new Uint16Array(LITERAL + (0x300 << LC)).fill(1024);
	let place = HEADER + 5, range = -1, code = new DataView(packed.buffer).getInt32(HEADER + 1);

	const fill = () => {
		if (range >>> 24 === 0) {
			range <<= 8;
			code = code << 8 | packed[place++];
		}
	};

	const bit = which => {
		const chance = chances[which], bound = Math.imul(range >>> 11, chance);
		if (code >>> 0 < bound >>> 0) {
			range = bound;
			chances[which] = chance + (2048 - chance >> 5);
			fill();
			return 0;
		}
		range = range - bound | 0;
		code = code - bound | 0;
		chances[which] = chance - (chance >> 5);
		fill();
		return 1;
	};

	// Bits of even chances.
	const direct = count => {
		let value = 0;
		while (count--) {
			range >>>= 1;
			const one = code >>> 0 < range ? 0 : 1;
			code = code - one * range | 0;
			value = value << 1 | one;
			fill();
		}
		return value;
	};

	// A number, its highest bit first.
	const tree = (begin, count) => {
		let node = 1;
		for (let i = 0; i < count; i++)
			node = node << 1 | bit(begin + node);
		return node - (1 << count);
	};

	// A number, its lowest bit first.
	const reverse = (begin, count) => {
		let node = 1, value = 0;
		for (let i = 0; i < count; i++) {
			const one = bit(begin + node);
			node = node << 1 | one;
			value |= one << i;
		}
		return value;
	};

	// How long a match is, less two.
	const length = begin => {
		if (!bit(begin))
			return tree(begin + 2, 3);
		return bit(begin + 1) ? 16 + tree(begin + 256, 8) : 8 + tree(begin + 130, 3);
	};

	const distance = length => {
		const slot = tree(SLOT + (Math.min(length, 3) << 6), 6);
		if (slot < 4)
			return slot;
		const bits = (slot >> 1) - 1, base = (2 | slot & 1) << bits;
		if (slot < 14)
			return base + reverse(SPECIAL + base - slot, bits);
		return base + (direct(bits - 4) << 4) + reverse(ALIGN, 4);
	};

	// The next byte; `match` is the one at the last distance, or negative if that says nothing.
	const literal = (before, match) => {
		const begin = LITERAL + 0x300 * (before >> 8 - LC);
		let node = 1;
		while (match >= 0 && node < 0x100) {
			const expected = match >> 7 & 1, one = bit(begin + (1 + expected << 8) + node);
			node = node << 1 | one;
			match = one === expected ? match << 1 : -1;
		}
		while (node < 0x100)
			node = node << 1 | bit(begin + node);
		return node;
	};

	return { bit, length, distance, literal };
}

// Takes and gives bytes; throws if they are nothing of the kind.
export function unpack(packed) {
	if (packed[0] !== LC)
		throw new Error('not packed');
	const out = new Uint8Array(new DataView(packed.buffer).getUint32(5, true));
	const { bit, length, distance, literal } = reader(packed);
	let state = 0, done = 0, rep0 = 0, rep1 = 0, rep2 = 0, rep3 = 0;

	// Brings the distance that is used again to the front.
	const recall = () => {
		if (!bit(IS_REP_G1 + state))
			[ rep0, rep1 ] = [ rep1, rep0 ];
		else if (!bit(IS_REP_G2 + state))
			[ rep0, rep1, rep2 ] = [ rep2, rep0, rep1 ];
		else
			[ rep0, rep1, rep2, rep3 ] = [ rep3, rep0, rep1, rep2 ];
	};

	// How many bytes to copy from `rep0` before.
	const match = () => {
		const late = state < 7 ? 0 : 3;
		if (!bit(IS_REP + state)) {
			const more = length(LENGTH);
			[ rep0, rep1, rep2, rep3 ] = [ distance(more), rep0, rep1, rep2 ];
			state = 7 + late;
			return more + 2;
		}
		if (bit(IS_REP_G0 + state)) {
			recall();
		} else if (!bit(IS_REP0_LONG + state)) {
			state = late ? 11 : 9;
			return 1;
		}
		state = late ? 11 : 8;
		return length(REP_LENGTH) + 2;
	};

	while (done < out.length) {
		if (bit(IS_MATCH + state)) {
			for (let left = match(); left--; done++)
				out[done] = out[done - rep0 - 1];
		} else {
			out[done] = literal(done && out[done - 1], state < 7 ? -1 : out[done - rep0 - 1]);
			done++;
			state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
		}
	}
	return out;
}
