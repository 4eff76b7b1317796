"""libtramontane.so for Python, as far as a model is run by hand: structs have the layouts that the library tells (tm_layout)."""

import ctypes

OK, PENDING = 0, 1
BACKENDS = {"ref": 0, "cpu": 1, "cuda": 2, "emu": 3}
F32, F16, BF16 = 0, 1, 30
(EMBEDDING, OUTPUT_NORM, OUTPUT, _, ATTENTION_NORM, Q, K, V, ATTENTION_OUT, FFN_NORM, _, GATE, UP, DOWN) = range(14)
HALVES = 1  # Hugging Face's order of RoPE
WHOLE = 3  # embedding and head
PAGE = 64

FIELDS = {"u32": ctypes.c_uint32, "i32": ctypes.c_int32, "u64": ctypes.c_uint64, "i64": ctypes.c_int64, "f32": ctypes.c_float,
          "f64": ctypes.c_double, "pointer": ctypes.c_void_p}


class Library:
    def __init__(self, path):
        self.native = ctypes.CDLL(str(path))
        self.structs = {}

    def struct(self, name, **values):
        """A struct of tramontane.h with these fields, and its struct_size; the rest is 0."""
        if name not in self.structs:
            text = ctypes.create_string_buffer(4096)
            assert self.native.tm_layout(name.encode(), text, ctypes.c_uint64(len(text))) == OK, name
            size, *lines = text.value.decode().split("\n")
            fields, end = [], 0
            for line in filter(None, lines):
                field, offset, kind = line.split(" ")
                of, _, count = kind.partition("[")
                type_ = FIELDS[of] * int(count[:-1]) if count else FIELDS[of]
                fields.append((field, type_))
            self.structs[name] = type(name, (ctypes.Structure,), {"_fields_": fields})
            assert ctypes.sizeof(self.structs[name]) == int(size.split()[-1]), name
        made = self.structs[name](**values)
        if hasattr(made, "struct_size"):
            made.struct_size = ctypes.sizeof(made)
        return made

    def array(self, items):
        return (type(items[0]) * len(items))(*items)


class Model:
    """A dense model of Hugging Face's order. tensors(role, layer) gives (dtype, rows, cols, address); what lies there stays."""

    def __init__(self, library, backend, shape, tensors):
        self.library, self.shape, self.context = library, shape, ctypes.c_void_p()
        groups = (ctypes.c_uint8 * shape["layers"])()
        config = library.struct("tm_model_config", backend=BACKENDS[backend], n_layers=shape["layers"], width=shape["width"],
                                n_heads=shape["heads"], n_kv_heads=shape["kv_heads"], head_dim=shape["head_dim"], ffn=shape["ffn"],
                                vocab=shape["vocab"], rope_style=HALVES, rope_dims=shape["head_dim"], n_groups=1,
                                rope_theta=10000.0, rms_epsilon=1e-5, rope_magnitude=1.0, parts=WHOLE, layer_group=ctypes.addressof(groups))
        config.group_window[0] = shape["window"]
        message = ctypes.create_string_buffer(512)
        if library.native.tm_open(ctypes.byref(config), ctypes.byref(self.context), message, ctypes.c_uint64(512)) != OK:
            raise RuntimeError(message.value.decode())
        for layer in range(shape["layers"]):
            for role in (ATTENTION_NORM, Q, K, V, ATTENTION_OUT, FFN_NORM, GATE, UP, DOWN):
                self.set(role, layer, *tensors(role, layer))
        for role in (EMBEDDING, OUTPUT_NORM, OUTPUT):
            self.set(role, 0, *tensors(role, 0))
        self.must(library.native.tm_prepare(self.context))

    def must(self, status):
        if status != OK:
            message = ctypes.create_string_buffer(512)
            self.library.native.tm_last_error(self.context, message, ctypes.c_uint64(512))
            raise RuntimeError(message.value.decode())

    def set(self, role, layer, dtype, rows, cols, address):
        tensor = self.library.struct("tm_tensor", role=role, layer=layer, dtype=dtype, computed_as=dtype, rows=rows, cols=cols,
                                     bytes=rows * cols * (4 if dtype == F32 else 2), data=address)
        self.must(self.library.native.tm_set_tensor(self.context, ctypes.byref(tensor)))

    def logits(self, tokens, chunk, wanted, kv=F16):
        """Floats of the wanted positions, which rise, as one ctypes array [wanted][vocab]; the prompt goes in chunks."""
        window = self.shape["window"]
        ring = (min(len(tokens), window + chunk) + PAGE - 1) // PAGE + 1
        cache = self.library.struct("tm_cache_config", kv_dtype=kv, page_tokens=PAGE, n_slots=1, max_rows=chunk, max_spans=1,
                                    max_samples=max(1, len(wanted)))
        cache.group_pages[0] = cache.group_ring[0] = ring
        self.must(self.library.native.tm_size_cache(self.context, ctypes.byref(cache)))
        vocab, done = self.shape["vocab"], 0
        out = (ctypes.c_float * (len(wanted) * vocab))()
        for first in range(0, len(tokens), chunk):
            rows = tokens[first:first + chunk]
            here = [position for position in wanted if first <= position < first + len(rows)]
            self.step(first, rows, here, ring, ctypes.addressof(out) + done * vocab * 4)
            done += len(here)
        assert done == len(wanted)
        return out

    def step(self, position, rows, wanted, ring, logits):
        make = self.library.struct
        span = make("tm_span", n_rows=len(rows), position=position)
        edits = self.library.array([make("tm_page_edit", index=i, page=i) for i in range(ring)])
        samples = [make("tm_sample", row=at - position, target=-1, top_p=1.0, repetition_penalty=1.0, mask=-1, position=at + 1)
                   for at in wanted]
        samples = self.library.array(samples or [make("tm_sample")])
        results = self.library.array([make("tm_result")] * max(1, len(wanted)))
        tokens = (ctypes.c_int32 * len(rows))(*rows)
        step = make("tm_step", n_rows=len(rows), n_spans=1, n_edits=ring if position == 0 else 0, n_samples=len(wanted),
                    tokens=ctypes.addressof(tokens), spans=ctypes.addressof(span), edits=ctypes.addressof(edits),
                    samples=ctypes.addressof(samples), results=ctypes.addressof(results), logits=logits)
        self.must(self.library.native.tm_submit(self.context, ctypes.byref(step)))
        self.must(self.library.native.tm_wait(self.context, ctypes.c_int64(-1)))

    def close(self):
        self.library.native.tm_close(self.context)
