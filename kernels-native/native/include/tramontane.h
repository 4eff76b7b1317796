/*
 * Tramontane's kernel library: the whole C ABI, and its only documentation.
 *
 * One tm_context holds one model, its key/value cache and the threads or device streams that run it.
 * The life of a context:
 *
 *     tm_open -> tm_set_tensor (once per tensor) -> tm_prepare -> tm_size_cache
 *             -> { tm_submit -> tm_wait }*  -> tm_close
 *
 * A context may also hold a part of a model (tm_model_config.parts): rows then come from one context and go on to
 * another, and a chain of contexts computes the bits of the whole.
 *
 * Between steps adapters come and go (tm_load_adapter, tm_drop_adapter).
 *
 * Rules that hold for every function:
 *   - It returns a status (TM_OK or what went wrong) and never exits, aborts, throws or prints. The text of
 *     the last failure is kept in the context (tm_last_error), not in a thread-local, because a caller's
 *     virtual thread may move between the failing call and the question.
 *   - Structs start with struct_size, which the caller sets to sizeof; a library that knows another layout
 *     answers TM_INVALID_ARGUMENT. Reserved fields are zero. tm_layout tells every size, offset and type.
 *   - Calls on one context come from one thread at a time; tm_progress and the functions without a context
 *     may be called from any thread at any time.
 *   - Pointers are borrowed for the call unless stated otherwise. Integers are checked before they are used.
 *
 * Words: a *slot* is the place of one sequence; a *span* is a run of consecutive tokens of one slot in a step
 * (a prefill chunk, or the single token of a decode); a *row* is one token of the step; a *page* holds the keys
 * and values of page_tokens consecutive positions in every layer of its group; a *group* is a set of layers
 * that share one window and so one page table.
 */
#ifndef TRAMONTANE_H
#define TRAMONTANE_H

#include <stdint.h>

#if defined(__GNUC__)
#define TM_API __attribute__((visibility("default")))
#else
#define TM_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define TM_ABI_VERSION 13u

/* Status codes. */
#define TM_OK 0
#define TM_INVALID_ARGUMENT 1 /* the message names the argument, what was expected and what was given */
#define TM_OUT_OF_MEMORY 2
#define TM_UNSUPPORTED 3  /* the backend cannot do this at all (dtype, shape, missing device) */
#define TM_PENDING 4      /* tm_wait: the step still runs */
#define TM_WRONG_STATE 5  /* called out of order, for instance tm_submit while a step is in flight */
#define TM_DEVICE_ERROR 6 /* the device failed; the context can only be closed */

/* Backends. */
#define TM_BACKEND_REF 0u  /* scalar, double accumulation: the slow twin of every kernel */
#define TM_BACKEND_CPU 1u  /* vectorised, threaded; same bits at every cpu level */
#define TM_BACKEND_CUDA 2u /* a CUDA device, when the library was built with nvcc; no F32 cache there */
#define TM_BACKEND_EMU 3u  /* the CUDA kernels on the processor, for tests: as TM_BACKEND_CUDA, and slow */

/* CPU levels, in rising order. AUTO takes the highest the machine has. */
#define TM_CPU_AUTO 0u
#define TM_CPU_PORTABLE 1u
#define TM_CPU_AVX2 2u   /* AVX2, FMA, F16C */
#define TM_CPU_AVX512 3u /* AVX-512 F, BW, VL, DQ, VNNI */

/* Element types: the numbers of ggml's type field, so that a file's type needs no translation; beyond 255 are ours. */
#define TM_F32 0u
#define TM_F16 1u
#define TM_Q4_0 2u
#define TM_Q4_1 3u
#define TM_Q5_0 6u
#define TM_Q5_1 7u
#define TM_Q8_0 8u
#define TM_Q2_K 10u
#define TM_Q3_K 11u
#define TM_Q4_K 12u
#define TM_Q5_K 13u
#define TM_Q6_K 14u
#define TM_IQ4_NL 20u
#define TM_IQ4_XS 23u
#define TM_BF16 30u
#define TM_F8_E4M3 256u /* OCP 8-bit floating point, e4m3: no infinities, 0x7f and 0xff are NaN. May carry scales */

/* What a tensor is. Matrices are [rows = outputs, cols = inputs], row-major, a row contiguous in its type. */
#define TM_TOKEN_EMBEDDING 0u /* [vocab, width] */
#define TM_OUTPUT_NORM 1u     /* [1, width] F32 */
#define TM_OUTPUT 2u          /* [vocab, width]; when it is never set the embedding is used (tied) */
#define TM_ROPE_FACTORS 3u    /* [1, rope_dims / 2] F32; frequency i is divided by factor i; optional */
#define TM_ATTENTION_NORM 4u  /* [1, width] F32; this and the following are per layer */
#define TM_ATTENTION_Q 5u     /* [n_heads * head_dim, width] */
#define TM_ATTENTION_K 6u     /* [n_kv_heads * head_dim, width] */
#define TM_ATTENTION_V 7u     /* [n_kv_heads * head_dim, width] */
#define TM_ATTENTION_OUT 8u   /* [width, n_heads * head_dim] */
#define TM_FFN_NORM 9u        /* [1, width] F32 */
#define TM_FFN_ROUTER 10u     /* [n_experts, width]; only with experts, of any type */
#define TM_FFN_GATE 11u       /* [ffn, width], per expert with experts */
#define TM_FFN_UP 12u         /* [ffn, width] */
#define TM_FFN_DOWN 13u       /* [width, ffn] */
#define TM_N_ROLES 14u

/* Which elements of a head rotate together (Su et al., RoFormer, arXiv 2104.09864): the order of the rows of q and k.
 * The library undoes it as it reads them, so the same weights in either order give the same bits, cache included. */
#define TM_ROPE_INTERLEAVED 0u /* (2i, 2i+1): Mistral's own files and GGUF's llama architecture */
#define TM_ROPE_HALVES 1u      /* (i, i + rope_dims/2): Hugging Face's files */

#define TM_MAX_GROUPS 8u
#define TM_MAX_TOP_LOGPROBS 20u

/* What a context holds beside layers. Without the embedding, rows come as tm_step.hidden_in; without the head there are
 * no samples, and rows go to tm_step.hidden_out. */
#define TM_PART_EMBEDDING 1u
#define TM_PART_HEAD 2u /* output norm, logits and samples */

typedef struct tm_context tm_context;

/* The CPU level in use on this machine and what the processor has, as a bit set. */
#define TM_HAS_AVX2 (1u << 0)
#define TM_HAS_FMA (1u << 1)
#define TM_HAS_F16C (1u << 2)
#define TM_HAS_AVX512 (1u << 3) /* F, BW, VL and DQ */
#define TM_HAS_AVX512_VNNI (1u << 4)
#define TM_HAS_AVX512_BF16 (1u << 5)
#define TM_HAS_AMX_INT8 (1u << 6)
#define TM_HAS_AMX_BF16 (1u << 7)
#define TM_HAS_NEON (1u << 8)

typedef struct tm_host {
  uint32_t struct_size;
  uint32_t features;     /* TM_HAS_* */
  uint32_t cpu_level;    /* what TM_CPU_AUTO resolves to */
  uint32_t backends;     /* bit 1 << TM_BACKEND_* for each backend that can be opened here */
  uint32_t n_processors; /* processors this process may run on (affinity and cgroup quota), >= 1 */
  uint32_t reserved;
} tm_host;

/* Geometry and placement of a model, or of a part of one. Limits: n_layers in 1..1024, and from 0 on where parts has
 * one bit; n_layers counts this context's own, from 0 on wherever layers are named; groups are the whole model's. width
 * and ffn <= 262144 and multiples of 8, head_dim even and <= 512, n_heads a multiple of n_kv_heads, n_heads * head_dim
 * <= 262144, vocab in 1..4194304, n_experts <= 512, n_experts_used in 1..n_experts (0 without experts), a window below
 * 2^31.
 *
 * With experts (Mixtral: Jiang et al., arXiv 2401.04088) a row's feed-forward is the sum over its n_experts_used
 * experts with the largest router logits, the lower index on ties, each times its share of the softmax over all
 * experts, divided by the chosen ones' sum; the sum runs in rising order of experts. A row whose router logits have no
 * softmax (not finite) ends as TM_RESULT_NOT_FINITE; other rows are not touched.
 *
 * What stretches a context beside TM_ROPE_FACTORS: YaRN (Peng et al., arXiv 2309.00071) multiplies the rotated elements
 * of queries and keys by one number, rope_magnitude; and Llama 4's temperature multiplies a query at position p,
 * rotated elements and others, by 1 + query_scale_beta * ln(1 + floor(p / query_scale_positions)). */
typedef struct tm_model_config {
  uint32_t struct_size;
  uint32_t backend;   /* TM_BACKEND_* */
  uint32_t cpu_level; /* TM_CPU_*; a level the machine lacks is TM_UNSUPPORTED */
  uint32_t n_threads; /* compute threads, 1..1024; 0: n_processors */
  uint32_t n_layers;
  uint32_t width;
  uint32_t n_heads;
  uint32_t n_kv_heads;
  uint32_t head_dim;
  uint32_t ffn;
  uint32_t vocab;
  uint32_t n_experts;      /* 0: dense */
  uint32_t n_experts_used; /* experts per token */
  uint32_t rope_style;     /* TM_ROPE_* */
  uint32_t rope_dims;      /* rotated elements of a head, even, <= head_dim */
  uint32_t n_groups;       /* 1..TM_MAX_GROUPS */
  double rope_theta;
  double rms_epsilon;
  double rope_magnitude;          /* above 0, up to 1e6; 1: none */
  double query_scale_beta;        /* 0..1e6; 0: none */
  uint32_t query_scale_positions; /* from 1 on with a beta, else 0 */
  uint32_t device;                /* of the backend's, as tm_device_info counts them; 0 where it has none */
  uint32_t parts;                 /* TM_PART_*; both: a whole model */
  uint32_t reserved;
  /* Attention window of each group in tokens, the query included (a query at p sees p-W+1..p); 0: no window. */
  uint32_t group_window[TM_MAX_GROUPS];
  const uint8_t* layer_group; /* [n_layers] group of each layer; copied by tm_open; may be NULL without layers */
} tm_model_config;

/* tm_tensor.flags: data lies in a read-only private mapping of a file, so that its pages can be dropped (madvise) and
 * come back from the file. A backend that has repacked such a tensor gives the pages wholly inside it back to the
 * system. */
#define TM_TENSOR_MAPPED 1u

/* One tensor. data stays valid and unchanged until tm_close: the backend may use it in place, or repack it in
 * tm_prepare. bytes must be exactly what dtype, rows and cols need, and a row whole blocks of its type. data is aligned
 * to 4 bytes for F32 and to 2 for the others, but for F8_E4M3, which lies anywhere.
 * A value is its element as dequantised; with F8_E4M3 the element times scales[row], or times scales[0] when there is
 * one scale. Where computed_as is another type, values are rounded to it exactly as tm_convert does, and products are
 * those of the rounded values; data itself is then one of F32, F16, BF16, F8_E4M3. */
typedef struct tm_tensor {
  uint32_t struct_size;
  uint32_t role;        /* TM_TOKEN_EMBEDDING ... */
  uint32_t layer;       /* 0 for roles outside layers */
  uint32_t expert;      /* 0 without experts */
  uint32_t dtype;       /* TM_F32 ...; norms and rope factors must be F32 */
  uint32_t computed_as; /* dtype, or a type that tm_convert writes */
  uint32_t flags;       /* TM_TENSOR_*, or 0 */
  uint32_t n_scales;    /* 0 (each scale is 1), 1 (of the tensor) or rows (of each output); only with F8_E4M3 */
  uint64_t rows;
  uint64_t cols;
  uint64_t bytes;
  const void* data;
  const float* scales; /* [n_scales], copied by tm_set_tensor */
} tm_tensor;

/* Rows of elements to be written in another type. Rows are contiguous in both. bytes are exactly what the types and
 * extents need, a row is whole blocks of both, source and target don't overlap, and each is aligned as tm_tensor says.
 */
typedef struct tm_conversion {
  uint32_t struct_size;
  uint32_t from;     /* any type */
  uint32_t to;       /* a type that is written (tm_element_type) */
  uint32_t n_scales; /* as in tm_tensor */
  uint64_t rows;
  uint64_t cols;
  uint64_t source_bytes;
  uint64_t target_bytes;
  const float* scales; /* [n_scales] */
} tm_conversion;

/* Sizes of the cache and of a step's workspace. Everything is allocated here; a step allocates nothing. */
typedef struct tm_cache_config {
  uint32_t struct_size;
  uint32_t kv_dtype;                   /* TM_F32, TM_F16, TM_BF16 or TM_F8_E4M3 */
  uint32_t page_tokens;                /* 16, 32, 64, 128 or 256 */
  uint32_t n_slots;                    /* sequences that may hold pages at a time */
  uint32_t max_rows;                   /* most rows (tokens) of a step */
  uint32_t max_spans;                  /* most spans of a step, <= n_slots */
  uint32_t max_samples;                /* most samples of a step; 0 without the head */
  uint32_t max_adapters;               /* LoRA adapters at a time, up to 1024; 0: none */
  uint32_t max_rank;                   /* largest rank of a part of an adapter, 1..512; 0 without adapters */
  uint32_t adapter_dtype;              /* TM_F32, TM_F16 or TM_BF16: what adapters are rounded to as they are loaded */
  uint32_t group_pages[TM_MAX_GROUPS]; /* pages of each group's pool */
  uint32_t group_ring[TM_MAX_GROUPS];  /* entries of a page table: position p lies in [(p / page_tokens) % ring] */
} tm_cache_config;

/* What a context holds, in bytes. */
typedef struct tm_memory {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t weights_in_place; /* used straight from the caller's memory */
  uint64_t weights_repacked; /* owned copies */
  uint64_t cache;
  uint64_t workspace;
  uint64_t adapters; /* room for max_adapters of max_rank, loaded or not */
} tm_memory;

/* One matrix's part of an adapter (LoRA: Hu et al., arXiv 2106.09685): rows of spans with the adapter get
 * W x + b (scale * a x) in place of W x. Sums of a x and of b (...) run by themselves, each in an order that depends on
 * the matrix alone, and are added to W x last. role is one of TM_ATTENTION_Q, K, V, OUT, TM_FFN_GATE, UP, DOWN, the
 * last three only without experts. Each type is TM_F32, TM_F16 or TM_BF16, rows are contiguous, bytes exactly what type
 * and extents need, and data needs no alignment. */
typedef struct tm_adapter_part {
  uint32_t struct_size;
  uint32_t role;
  uint32_t layer;
  uint32_t rank; /* 1..max_rank */
  uint32_t a_dtype;
  uint32_t b_dtype;
  uint32_t rope_style; /* TM_ROPE_*: the order of the rows of b where role is q or k, whatever the model's files have */
  float scale;         /* finite */
  uint64_t a_bytes;
  uint64_t b_bytes;
  const void* a; /* [rank, cols of the matrix] */
  const void* b; /* [rows of the matrix, rank] */
} tm_adapter_part;

/* Sets entry `index` of the page table of (slot, group). Applied in order, before the copies. A step has at most as
 * many edits as all page tables have entries. */
typedef struct tm_page_edit {
  uint32_t slot;
  uint32_t group;
  uint32_t index;
  uint32_t page;
} tm_page_edit;

/* Copies a whole page (all layers of the group): how a sequence gets its own copy of a shared page that it is
 * about to write. Applied in order, after the edits and before any row is computed. */
typedef struct tm_page_copy {
  uint32_t group;
  uint32_t from;
  uint32_t to;
  uint32_t reserved;
} tm_page_copy;

/* n_rows consecutive tokens of one slot at positions position..position+n_rows-1, in rows first_row.. of the step.
 * Spans cover the step's rows in order without gaps. A slot occurs at most once in a step. The keys and values of
 * all earlier positions inside the window must already be in the slot's pages; those of the span are written
 * before its attention reads, so a windowed ring that wraps has to hold window + n_rows - 1 tokens; without a window
 * position + n_rows may not pass ring * page_tokens. Every page read or written is set in the slot's table. Slots may
 * share pages that no span of the step writes; a page that one slot writes may be neither written nor read by another.
 * Positions end at 2^48. */
typedef struct tm_span {
  uint32_t slot;
  uint32_t first_row;
  uint32_t n_rows;
  uint32_t adapter; /* a loaded one, 1..max_adapters; 0: none. Keys and values of a slot depend on it */
  int64_t position;
} tm_span;

/* A token and how often it was generated: presence and frequency penalties count generated tokens only, while the
 * repetition penalty holds for every listed token, so a prompt token that was not generated has count 0. A token is
 * listed once: each entry is applied. */
typedef struct tm_token_count {
  int32_t token;
  int32_t count;
} tm_token_count;

/* An addition to one token's logit, in [-100, 100]. */
typedef struct tm_bias {
  int32_t token;
  float bias;
} tm_bias;

#define TM_TOKEN_PREVIOUS (-1) /* in tokens[]: the token this slot sampled last (only as a span's single row) */
#define TM_SAMPLE_DRAW (-1)    /* tm_sample.target: draw a token */

/* What to do with the logits of one row. The order of the filters: mask and bias, then repetition, frequency and
 * presence penalties, then temperature, then top-k, top-p, min-p on the tempered distribution, then one draw. Each
 * filter sees what the one before left: top-p keeps the fewest most likely tokens whose share of top-k's mass reaches
 * p, min-p those with at least min_p times the largest probability; on ties the lower id counts as more likely.
 * temperature 0 takes the largest logit after mask, bias and penalties, the lowest id on ties.
 * The draw uses a counter-based generator keyed by (seed, position) alone, so it does not depend on the batch. Weights
 * are counted in units of 2^-40 of the largest, so that sums, and with them tokens, are the same on every backend for
 * the same logits.
 * Log-probabilities are those of the model's raw logits (before mask, bias, penalties and temperature). */
typedef struct tm_sample {
  uint32_t row;             /* row of the step; samples come in rising row order, several may name one row */
  uint32_t slot;            /* whose TM_TOKEN_PREVIOUS the drawn token becomes; the last of several draws counts */
  int32_t target;           /* TM_SAMPLE_DRAW, or a token id to score instead of drawing */
  uint32_t top_logprobs;    /* how many most likely tokens to report, 0..TM_MAX_TOP_LOGPROBS */
  float temperature;        /* >= 0, finite */
  float top_p;              /* (0, 1]; 1: off */
  float min_p;              /* [0, 1]; 0: off */
  float repetition_penalty; /* > 0; 1: off. Keskar et al., arXiv 1909.05858 */
  float presence_penalty;   /* [-2, 2]; 0: off */
  float frequency_penalty;  /* [-2, 2]; 0: off */
  uint32_t top_k;           /* 0: off */
  uint32_t n_counts;        /* tm_step.counts[first_count .. first_count + n_counts) */
  uint32_t first_count;
  uint32_t n_biases; /* tm_step.biases[first_bias .. first_bias + n_biases) */
  uint32_t first_bias;
  int32_t mask; /* index into tm_step.masks, -1: none. A mask that allows nothing is an error of that row. */
  uint64_t seed;
  int64_t position; /* of the token to be drawn */
} tm_sample;

#define TM_RESULT_OK 0u
#define TM_RESULT_NOT_FINITE 1u /* NaN or infinity among the row's logits: only this row failed */
#define TM_RESULT_MASKED_OUT 2u /* mask and bias leave no token */

typedef struct tm_result {
  int32_t token;   /* drawn, or the target; -1 unless status is TM_RESULT_OK */
  uint32_t status; /* TM_RESULT_* */
  float logprob;   /* natural logarithm, of `token` */
  uint32_t n_top;  /* entries written to top_tokens and top_logprobs */
} tm_result;

/* One step: any mix of prefill chunks and decodes. All pointers are read during tm_submit or until the step is done,
 * so they stay valid and unchanged until tm_wait returns something other than TM_PENDING; but for masks with
 * late_masks: they are not read before tm_release_masks, and may be written until then. */
typedef struct tm_step {
  uint32_t struct_size;
  uint32_t n_rows; /* >= 1 */
  uint32_t n_spans;
  uint32_t n_edits;
  uint32_t n_copies;
  uint32_t n_samples;
  uint32_t n_counts;
  uint32_t n_biases;
  uint32_t n_masks;
  uint32_t late_masks;   /* 1: masks are made while the step computes, 0: they are there */
  const int32_t* tokens; /* [n_rows] ids, or TM_TOKEN_PREVIOUS; not looked at without the embedding */
  const tm_span* spans;
  const tm_page_edit* edits;
  const tm_page_copy* copies;
  const tm_sample* samples;
  const tm_token_count* counts;
  const tm_bias* biases;
  const uint32_t* masks; /* [n_masks][(vocab + 31) / 32], bit set: allowed */
  /* Results, written before tm_wait says TM_OK. */
  tm_result* results;  /* [n_samples] */
  int32_t* top_tokens; /* [n_samples][TM_MAX_TOP_LOGPROBS], most likely first; may be NULL if no sample asks */
  float* top_logprobs; /* likewise */
  float* logits;       /* NULL, or [n_samples][vocab] raw logits (tests, evaluation) */
  /* Rows of the residual stream between the parts of a model, as they are between layers. In rows that no sample names
   * any bits may stand where the context has no layers. */
  const float* hidden_in; /* [n_rows][width], just where the context has no embedding, else NULL */
  float* hidden_out;      /* [n_rows][width], just where it has no head, else NULL; a result as those above */
} tm_step;

/* The ABI this library was built with. Check it before anything else. */
TM_API uint32_t tm_abi_version(void);

/* The layout of the struct called name ("tm_step", ...) as NUL-terminated text, so that a binding need not repeat it: a
 * line with its size, then a line for each field in order of declaration with name, offset and type, which is one of
 * u32, i32, u64, i64, f32, f64 and pointer, and followed by its length for an array ("group_window 80 u32[8]").
 * TM_INVALID_ARGUMENT: no such struct, or its text does not fit into capacity bytes; then text is not written. */
TM_API int32_t tm_layout(const char* name, char* text, uint64_t capacity);

/* Element types, counted from 0 without gaps: the name of type `index` as above without TM_ ("Q4_K", into name,
 * capacity bytes, NUL-terminated), its number, elements and bytes of a block, and 1 if tm_convert writes it, else 0.
 * TM_INVALID_ARGUMENT: there is no such type, or it has no room; nothing is written then. Any thread. */
TM_API int32_t tm_element_type(uint32_t index, char* name, uint64_t capacity, uint32_t* number,
                               uint32_t* block_elements, uint32_t* block_bytes, uint32_t* written);

/* Bytes that a context of the backend will hold of its own for one tensor, whether the backend can be used here or not;
 * 0: it is used where it lies. Of tensor only struct_size, role, dtype, computed_as, rows and cols are read. An
 * embedding that is the output as well (tied) is asked for as TM_OUTPUT, and nothing else is held for it. The
 * rope factors count as the frequencies that are made of them, and which a model without factors has, too.
 * TM_UNSUPPORTED: the backend doesn't compute it. Message as in tm_open. Any thread. */
TM_API int32_t tm_tensor_bytes(uint32_t backend, const tm_tensor* tensor, uint64_t* bytes, char* message,
                               uint64_t capacity);

/* What tm_size_cache would take for such a cache of such a model, to the byte and whether the backend can be used here
 * or not: cache and workspace of memory, whose struct_size the caller sets; the weights are 0. Nothing is allocated
 * that the caller would notice. TM_UNSUPPORTED: the backend takes no model of this shape. Message as in tm_open. Any
 * thread. */
TM_API int32_t tm_cache_bytes(const tm_model_config* config, const tm_cache_config* cache, tm_memory* memory,
                              char* message, uint64_t capacity);

/* What this machine has. */
TM_API int32_t tm_host_info(tm_host* host);

/* Writes values in another type: dequantised to float32, then rounded to the target as gguf-py's quantize does, bit for
 * bit, for every finite value (of zeros of both signs the first is the minimum). What is not finite stays so in F32,
 * F16 and BF16; in a quantised block it makes scale and codes that mean nothing, but are the same on every machine.
 * Equal types are copied. Any thread, any number at a time; message as in tm_open. */
TM_API int32_t tm_convert(const tm_conversion* conversion, const void* source, void* target, char* message,
                          uint64_t capacity);

/* One sentence about a backend and a device of it (0 where it has none) into text (capacity bytes, NUL-terminated):
 * what it computes with, or, with TM_UNSUPPORTED, why it can't be used here. Of a device also whether its matrix
 * instructions add alike, which is tested once in a process and opens the device. TM_INVALID_ARGUMENT, with text, where
 * there is no such device. TM_OUT_OF_MEMORY with its reason. Any thread. */
TM_API int32_t tm_describe_backend(uint32_t backend, uint32_t device, char* text, uint64_t capacity);

/* A device of a backend. */
typedef struct tm_device {
  uint32_t struct_size;
  uint32_t usable; /* 1: the backend runs on it, 0: it lacks what is needed */
  uint64_t total_bytes;
} tm_device;

/* Tells of device `index` of a backend, counted from 0 without gaps: the name it goes by, and what it is called for
 * good (of a GPU the UUID, "GPU-..."), each NUL-terminated and cut to its capacity. Asks the driver, without opening
 * the device: may take a moment. TM_INVALID_ARGUMENT: there is no such device (the host's backends have none). Any
 * thread. */
TM_API int32_t tm_device_info(uint32_t backend, uint32_t index, tm_device* device, char* name, uint64_t name_capacity,
                              char* uuid, uint64_t uuid_capacity);

/* What is free of its memory now, of the whole system's. Only an open device can be asked, so this opens it for the
 * process, which takes some hundred MiB of it: the answer is what is left beside them. TM_INVALID_ARGUMENT: no such
 * device, TM_UNSUPPORTED: it can't be used, TM_DEVICE_ERROR: it doesn't answer. Any thread; message as in tm_open. */
TM_API int32_t tm_device_free_bytes(uint32_t backend, uint32_t index, uint64_t* free_bytes, char* message,
                                    uint64_t capacity);

/* Measures what the processors reach now, for some tenths of a second each: *read_bytes a second by n_threads (1..1024)
 * together, through `bytes` of memory (1 MiB..64 GiB, freed again; several times the caches, or it is their rate), and
 * *int8_operations a second, multiplications and additions in the 8-bit dot products of cpu_level, 0 where it has no
 * instruction for them. Blocks. Any thread; message as in tm_open. */
TM_API int32_t tm_measure_host(uint32_t cpu_level, uint32_t n_threads, uint64_t bytes, double* read_bytes,
                               double* int8_operations, char* message, uint64_t capacity);

/* Measures what crosses the bus to device `index` of a backend now: *upload_bytes a second, of `bytes` (1 MiB..64 GiB)
 * that are sent as tm_prepare sends weights, from two pinned pieces of the host's memory in turn; the best of a few
 * tries. On an emulated device that is a copy within the host's memory. Blocks, and opens the device.
 * TM_INVALID_ARGUMENT: there is no such device, as the host's backends have none, TM_UNSUPPORTED: it can't be used,
 * TM_OUT_OF_MEMORY, TM_DEVICE_ERROR. Any thread; message as in tm_open. */
TM_API int32_t tm_measure_device(uint32_t backend, uint32_t index, uint64_t bytes, double* upload_bytes, char* message,
                                 uint64_t capacity);

/* Opens a context. On failure *context is NULL and message (capacity bytes, NUL-terminated) says why, because no
 * context exists to keep it. Starts the compute threads. */
TM_API int32_t tm_open(const tm_model_config* config, tm_context** context, char* message, uint64_t capacity);

/* Names the memory of one tensor. Setting a tensor twice is TM_INVALID_ARGUMENT, as is one of a part that the context
 * lacks. A head without the embedding needs TM_OUTPUT, of a tied model with the embedding's data. */
TM_API int32_t tm_set_tensor(tm_context* context, const tm_tensor* tensor);

/* Checks that every tensor is there (TM_WRONG_STATE when not) and repacks what the backend wants repacked, in parallel.
 * Blocks. After TM_OUT_OF_MEMORY it may be called again. */
TM_API int32_t tm_prepare(tm_context* context);

/* Progress of tm_prepare in bytes, from any thread. total is 0 before it starts. */
TM_API int32_t tm_progress(const tm_context* context, uint64_t* done, uint64_t* total);

/* Allocates cache, workspace and room for adapters. May be called again between steps; all pages are then empty, and no
 * adapter is loaded. The old cache is freed
 * first, so after a failure there is none and tm_submit answers TM_WRONG_STATE until a call succeeds. Every page is
 * taken from the system before it returns, so that a cache that fills later can't run out of memory: the caller makes
 * sure beforehand that there is as much, since the system may end a process that takes more. */
TM_API int32_t tm_size_cache(tm_context* context, const tm_cache_config* config);

TM_API int32_t tm_memory_use(const tm_context* context, tm_memory* memory);

/* Checks the whole descriptor, then starts the step and returns. On failure nothing was applied. */
TM_API int32_t tm_submit(tm_context* context, const tm_step* step);

/* Says that the masks of the step in flight are written (tm_step.late_masks); sampling waits for it, and nothing
 * before. TM_WRONG_STATE: no step is in flight. Without late_masks, or a second time, it does nothing. */
TM_API int32_t tm_release_masks(tm_context* context);

/* Waits for the step in flight: TM_OK when it is done (or none is in flight), TM_PENDING when timeout_ns has passed,
 * TM_DEVICE_ERROR. timeout_ns 0 polls; negative waits without limit. TM_WRONG_STATE: the step has late masks that are
 * not released, and would wait for them as long. */
TM_API int32_t tm_wait(tm_context* context, int64_t timeout_ns);

/* Copies one page out of the cache, or into it: keys and values of page_tokens positions in every layer of the group,
 * in the backend's own order, so that they mean something only to a context of the same backend, model and page_tokens.
 * A page has 2 * layers of the group * n_kv_heads * head_dim * page_tokens elements of kv_dtype, and with TM_F8_E4M3
 * for each head_dim of them a scale of 2 bytes; bytes must be just that. Between steps (TM_WRONG_STATE while one is in
 * flight or without a cache); blocks until it is copied. What is written is taken as it is: any bits are numbers, and
 * what is computed from such as are not finite says so (TM_RESULT_NOT_FINITE). */
TM_API int32_t tm_read_page(tm_context* context, uint32_t group, uint32_t page, void* to, uint64_t bytes);
TM_API int32_t tm_write_page(tm_context* context, uint32_t group, uint32_t page, const void* from, uint64_t bytes);

/* Loads an adapter as number `adapter`, 1..max_adapters, from n_parts (at least one, but for a part of a model) parts,
 * each for another matrix.
 * All is checked before anything is written, and copied before it returns; in place of what had the number before.
 * Between steps (TM_WRONG_STATE while one is in flight or without a cache). Values that adapter_dtype can't hold become
 * infinite, and rows computed from such say so (TM_RESULT_NOT_FINITE). */
TM_API int32_t tm_load_adapter(tm_context* context, uint32_t adapter, const tm_adapter_part* parts, uint32_t n_parts);

/* Forgets an adapter: spans may no longer name it. TM_INVALID_ARGUMENT: it is not loaded. Between steps. */
TM_API int32_t tm_drop_adapter(tm_context* context, uint32_t adapter);

/* Copies the last failure's message, NUL-terminated and cut to capacity. */
TM_API int32_t tm_last_error(const tm_context* context, char* message, uint64_t capacity);

/* Waits for the step in flight (its late masks count as written), stops the threads and frees everything. NULL is
 * allowed. */
TM_API int32_t tm_close(tm_context* context);

#ifdef __cplusplus
}
#endif
#endif
