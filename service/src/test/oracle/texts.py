"""Hard texts for tokenizers. Each is (name, text); names are unique."""

SPECIALS = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]

PLAIN = [
    "", " ", "  ", "   ", "       ", "\t", "\t\t", "\n", "\n\n", "\n\n\n", "\r", "\r\n", "\r\n\r\n", " \n", "\n ", " \n \n ", "\t\n\t", "  \t  ",
    "a", " a", "a ", " a ", "  a", "   a", "a  b", "a   b", "a\tb", "a\t b", "a \tb", "a\nb", "a\n\nb", "a\r\nb", "a \n b", "a\n  b", "a  \n\n  b",
    "Hello", "hello world", "Hello, world!", " Hello  World ", "HELLO WORLD", "hELLO wORLD", "camelCaseWord and PascalCaseWord", "snake_case_word __init__",
    "The quick brown fox jumps over the lazy dog.",
    "I'm you're we've he'd she'll it's don't", "I'M YOU'RE WE'VE HE'D SHE'LL IT'S DON'T", "'s 't 're 've 'm 'll 'd", "''s '' 'x' 's's", " 's a 's", "it\u2019s we\u2019re",
    "it'\u017f wide", "o'clock rock'n'roll 'tis", "'Re 'rE 'LL 'lL 'vE",
    "0", "1", "12", "123", "1234", "12345", "1234567890", " 1 22 333 4444 55555", "3.14159", "1,000,000.00", "-1e-10", "0xDEADBEEF", "1a2b3c", "a1 b22 c333", "2024-12-31T23:59:59Z",
    "\u0661\u0662\u0663 \u06f1\u06f2\u06f3 \u0967\u0968\u0969", "\u00bd \u00b2 \u00b3 \u2460 \u2461 \u216b \u3007 \u4e00", "\U0001d7d8\U0001d7d9\U0001d7da", "x\u00b2+y\u00b2=z\u00b2", "H\u2082O CO\u2082",
    "!", "!!", "!!!", "!?!?", "...", "\u2026", "--", "---", "\u2014", "a-b", "a--b", "(a)", "[a]", "{a}", "<a>", "a/b", "a\\b", "a|b", "@user #tag $10 50% ^ & *",
    "\"quoted\" 'single' \u201ccurly\u201d \u00abguillemets\u00bb", "a,b;c:d.e!f?g", " !", "  !", "! ", "!\n", "!\n\n", "!!\r\n x", "a.\n\nB", "?/\n", "//\n/", "/\n\n", "...\n\n...",
    "$+<=>^~|`", "a$b+c<d=e>f^g~h|i", "\u20ac5 \u00a35 \u00a55 \u20b95", "a \u00b1 b \u00d7 c \u00f7 d \u2260 e \u2264 f \u2211 \u221e",
    "na\u00efve caf\u00e9 \u00fcber stra\u00dfe \u0141\u00f3d\u017a \u00c5ngstr\u00f6m", "e\u0301 a\u0300 n\u0303 combining", "Z\u0351\u036b\u0343\u036a\u0302a\u0348\u034dl\u0334g\u0321\u033bo", "\u0301 alone", "a\u0301b\u0301c",
    "\ufb01 \ufb02 \ufb03 \u01c5 \u02b0 \u1d2c \u1e9e \u0130 \u0131",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!", "\u0393\u03b5\u03b9\u03ac \u03c3\u03bf\u03c5 \u039a\u03cc\u03c3\u03bc\u03b5", "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645", "\u0645\u064f\u062d\u064e\u0645\u064e\u0651\u062f \u0640\u0640",
    "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd", "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01", "\u0e01\u0e33\u0e25\u0e31\u0e07\u0e44\u0e1b 123 \u0e51\u0e52\u0e53",
    "\u4f60\u597d\uff0c\u4e16\u754c", "\u65e5\u672c\u8a9e\u30c6\u30ad\u30b9\u30c8 \u3072\u3089\u304c\u306a", "\uff21\uff22\uff23\uff11\uff12\uff13\uff01", "\uc548\ub155\ud558\uc138\uc694 \uc138\uacc4", "\u1112\u1161\u11ab jamo", "\U00020000\U0002a6d6 rare han",
    "\u1019\u103c\u1014\u103a\u1019\u102c", "\u10d2\u10d0\u10db\u10d0\u10e0\u10ef\u10dd\u10d1\u10d0", "\u12a0\u121b\u122d\u129b", "mixed \u0440\u0443\u0441 \u4e2d\u6587 \u0639\u0631\u0628 \u03b1\u03b2\u03b3 abc123",
    "\U0001f642", " \U0001f642", "\U0001f642\U0001f642", "a\U0001f642b", "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd \u270c\ufe0f \u2764\ufe0f", "1\ufe0f\u20e3",
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "\u2603\ufe0e \u260e \u2708",
    "a\u00a0b", "a\u00a0\u00a0b", "\u00a0", "a\u2003b", "a \u2003 b", "a\u200bb", "a\u2028b\u2029c", "a\u0085b", "a\u3000b", "\ufeffbom", "a\ufeffb", "soft\u00adhyphen", "\u200fRTL\u200e", "\u202eoverride\u202c", "\u1680\u180e\u205f\u2060",
    "\u0000", "a\u0000b", "\u0001\u0002\u0003", "a\u001bb", "\u007f", "\u0080\u0081", "a\u000bb", "a\u000cb", "a\u001cb\u001d \u001e\u001f", "a \u001c b", "\u0007bell", "!\u001d!", "=\u0004=\u0006=", "\U00050000 plane five",
    "\ufffd", "\ufffe\uffff", "\ue000 private \U0010ffff", "\u0378 unassigned", "\u0149 \u01f0", "\u2581", "\u2581a\u2581 b", "\u0120 \u010a", "\u0120the",
    "def f(x):\n    return x + 1\n", "for (int i = 0; i < n; i++) {\n\tsum += a[i];\n}\n", "if x:\n        pass\n    else:\n\n\n        y\n", "#include <stdio.h>\r\n\r\nint main(void) {}\r\n", "SELECT * FROM t WHERE a='b' -- c", "a&&b||!c ?: ->* ::", "x=>y; z!==w", "<div class=\"x\">text</div>",
    "{\"key\": [1, 2.5, null, true], \"k\u00e9y\": \"\\u00e9\\n\"}", "| a | b |\n|---|---|\n| 1 | 2 |", "# Title\n\n- item\n  - sub\n\n```py\nx\n```\n", "\\begin{equation} E = mc^2 \\end{equation}",
    "https://example.org/a/b?c=d&e=f%20g#h", "user.name+tag@example.co.uk", "C:\\Users\\x\\y.txt", "/usr/local/bin", "192.168.0.1:8080", "::1", "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    "antidisestablishmentarianism", "Donaudampfschifffahrtsgesellschaftskapit\u00e4n", "ab" * 40, "\u4e2d" * 20, "=" * 40, " " * 40, "\n" * 20, "\t" * 17, "9" * 25, "\U0001f642" * 9, "aA" * 15, "a " * 12, " a" * 12, "a" * 200 + " " + "b" * 65,
    "   leading", "trailing   ", "  both  ", "line one\nline two\n\nline four\n", "\n leading newline", "a\n", "a \n", "a  \n", "tabs\tand\tspaces  and\nnewlines\r\n",
    "x y", "x  y", "x   y", "x \n\n y", "1 2", "1  2", "a 1", "a  1", "a1", "1a", "1 a", "! !", "!  !", "\u00e9 \u00e9", "\u00e9  \u00e9", " \u4e2d \u6587 ", "  \u0661  ",
]

SPECIAL = [
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|im_start|>user\nHi<|im_end|>\n", "a<|im_end|>b", " <|im_end|> ", "a <|im_end|>\n\n<|im_start|> b", "<|im_start|><|im_start|><|im_end|>", "<|im_start", "|im_end|>", "<<|im_end|>>", "<|im_end |>",
    "<|IM_END|>", "<repo_name>x<file_sep>y", "<s>[INST] hi [/INST]</s>", "<unk>", "1<|im_end|>2", "\u00e9<|im_end|>\U0001f642", "<|im_start|>system\nYou are\n\n  <|im_end|>\n<|im_start|>assistant\n", "<|begin_of_text|><|eot_id|>",
    "</s>", "<s>", "<s></s>", "a</s>b", "[INST]", "<0x41>", "<0x00>",
]


def named(texts):
    return [(f"{n:03d}", t) for n, t in enumerate(texts)]
