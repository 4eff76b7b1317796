"""Small templates, one thing of the language each: (name, template, context)."""

X = {"xs": [3, 1, 2], "s": "Hello, World", "d": {"b": 1, "a": 2, "c": {"k": "v"}}, "n": 7, "f": 2.5, "t": True, "none": None, "e": [], "empty": "",
     "people": [{"name": "Bo", "age": 30, "ok": True}, {"name": "al", "age": 25, "ok": False}, {"name": "Cy", "age": 30}], "html": "<a href=\"x\">&'</a>",
     "u": "\u00e9\U0001f642 \u4e2d", "words": ["b", "A", "c", "a", "B"], "mixed": [1, 2.0, "x", None, True, [1, "y"], {"k": None}]}


def F(name, template, **more):
    return name, template, {**X, **more}


def formats():
    """Every specification with the values that it takes, in one template, and each value that it does not take by itself."""
    values = [0, 7, -42, 1234567, 10 ** 20, True, 0.0, -0.0, 2.5, -1234.5678, 0.00012345, 1e16, 1.5e-7, 1e300, 99999.5, "abc", "\u00e9\U0001f642 \u4e2d", ""]
    fails, kept = [], []
    for spec in SPECS:
        takes = []
        for v in values:
            try:
                format(v, spec)
                takes.append(v)
            except (ValueError, OverflowError):
                fails.append((spec, v))
        kept.append((f"format {spec!r}", "{% for v in vs %}[{{ f.format(v) }}]{% endfor %}", {"f": "{:" + spec + "}", "vs": takes}))
    kinds = {}
    for spec, v in fails:  # one of each type is enough
        kinds.setdefault((spec, type(v)), v)
    return kept + [(f"format {spec!r} of {v!r}", "{{ f.format(v) }}", {"f": "{:" + spec + "}", "v": v}) for (spec, _), v in kinds.items()]


SPECS = ["", "5", "<5", ">12", "^12", "=12", "*^9", "\U0001f642<9", "<<7", "05", "<05", "012", "+", " ", "-", "+08", "#", "d", "5d", "+,d", ",", "_", "08,", "012,", "020,", "x^20,", "b", "#b", "x", "#X", "_x", "#_b", "#012o", "c", "5c", "n",
         ".2f", ".0f", "f", "F", "8.2f", "08.2f", "+.1f", "#.0f", ",.2f", "_.3f", "015,.2f", "z.1f", "+z.0f", "e", ".3E", ".0e", "#.0e", "g", "G", ".3g", ".1g", "#g", "#.2g", "012.4g", ".10", ".3", ".1", ".0", "%", ".1%", "8.1%", "s", "6s", ".2s", "^7.2s", "06.1"]


FEATURES = [
    # output and values
    F("print ints and floats", "{{ 1 }} {{ -1 }} {{ 1.0 }} {{ 0.1 + 0.2 }} {{ 1e16 }} {{ 1e15 }} {{ 1.5e-5 }} {{ 0.0001 }} {{ 123456789012 }} {{ 1_000 }} {{ 0x1f }} {{ 0b101 }} {{ 0o17 }}"),
    F("print floats of context", "{{ v }}", v=[1.0, 100.0, 1e22, 1e-7, 3.14, 2.5e-320, 1.7976931348623157e308, 0.1, -0.0, 1e100, 123456.789, 12345678901234567.0]),
    F("print constants", "{{ true }} {{ false }} {{ none }} {{ True }} {{ False }} {{ None }}"),
    F("print containers", "{{ xs }} {{ d }} {{ e }} {{ {} }} {{ (1, 2) }} {{ (1,) }} {{ () }} {{ mixed }}"),
    F("repr of strings", "{{ [a, b, c, q] }}", a="it's", b="say \"x\"", c="it's \"x\"", q="tab\tnl\nback\\ \r \u0000 \u001b \u007f \u00a0 \u00e9 \u4e2d \U0001f642 \u200d \u2028 \ue000 \ufeff"),
    F("repr of keys", "{{ {'a': {1: 'x', none: [true]}} }} {{ {1.5: 2} }}"),
    F("string escapes", "{{ 'a\\nb\\tc\\\\d\\'e\\\"f' }}|{{ \"x\\u00e9y\\x41\\101\" }}|{{ 'it\\'s' }}|{{ '\\q' }}"),
    F("newline in string", "{{ 'a\nb' }}"),
    F("adjacent strings", "{{ 'a' 'b' \"c\" }}"),
    F("unicode", "{{ u }} {{ u | length }} {{ u[0] }} {{ u[1] }} {{ u[::-1] }} \u00e9"),
    # access
    F("attribute and item", "{{ d.b }} {{ d['b'] }} {{ d.c.k }} {{ d['c']['k'] }} {{ d.c['k'] }} {{ xs[0] }} {{ xs[-1] }} {{ xs.0 }} {{ people[0].name }}"),
    F("key shadows method", "{{ v['items'] }} {{ v['keys'] is defined }} {{ v.name }} {{ v.items is callable }}", v={"items": "mine", "name": "n"}),
    F("slices", "{{ xs[1:] }} {{ xs[:1] }} {{ xs[:-1] }} {{ xs[::-1] }} {{ xs[-2:] }} {{ xs[::2] }} {{ xs[5:] }} {{ s[1:4] }} {{ s[::-1] }} {{ s[-5:] }} {{ xs[2:0:-1] }} {{ xs[:] }} {{ xs[-99:99] }} {{ s[10:2] }}|"),
    F("slice then index", "{{ xs[1:][0] }} {{ (xs + [9])[-1] }} {{ 'abc'[1] }} {{ [1,2,3][1:] | first }}"),
    F("index out of range", "{{ xs[9] is defined }} {{ xs[9] }}|{{ s[99] }}|"),
    F("missing key", "{{ d.zz }}|{{ d['zz'] }}|{{ d.zz is defined }}"),
    F("missing variable", "{{ zz }}|{{ zz is defined }}|{{ zz is undefined }}|{{ not zz }}|{{ zz | length }}|{{ zz | list }}|{{ zz | string }}|{% if zz %}y{% else %}n{% endif %}|{% for q in zz %}{{ q }}{% endfor %}|{{ zz == yy }}|{{ zz is none }}|{{ zz ~ 'a' }}"),
    F("attribute of missing", "{{ zz.a }}"),
    F("attribute of missing key", "{{ d.zz.a }}"),
    F("attribute of none", "{{ none.a }}|{{ none.a is defined }}"),
    F("item of none", "{{ d[none] }}|{{ none['a'] }}"),
    F("attribute of missing, defined", "{{ zz.a is defined }}"),
    F("sum with missing", "{{ 'a' + zz }}"),
    F("call of missing", "{{ zz() }}"),
    F("call of missing method", "{{ s.zap() }}"),
    F("sum of string and int", "{{ 'a' + 1 }}"),
    F("sum of string and none", "{{ 'a' + none }}"),
    F("dunder", "{{ ''.__class__ }}"),
    F("append is forbidden", "{{ xs.append(1) }}"),
    F("raise", "{{ raise_exception('no ' ~ n) }}"),
    F("raise in branch not taken", "{% if false %}{{ raise_exception('no') }}{% endif %}ok"),
    # arithmetic and comparison
    F("arithmetic", "{{ 7 + 2 }} {{ 7 - 2 }} {{ 7 * 2 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 2 ** 0.5 }} {{ 1 + 1.0 }} {{ -n }} {{ +n }} {{ - 3 ** 2 }} {{ 2 ** 3 ** 2 }}"),
    F("precedence", "{{ 1 + 2 * 3 }} {{ (1 + 2) * 3 }} {{ 10 - 3 - 2 }} {{ not true or true }} {{ true or false and false }} {{ 2 * 3 ~ 4 }} {{ (1 + 2) ~ 3 }} {{ 'a' ~ 1 == 'a1' }} {{ -2 | abs }} {{ 1 < 2 and 2 < 3 }} {{ 5 % 3 * 2 }} {{ not 1 == 2 }}"),
    F("division by zero", "{{ 1 // 0 }}"),
    F("booleans in sums", "{{ true + 1 }} {{ true == 1 }} {{ 1 == 1.0 }} {{ '1' == 1 }} {{ none == false }} {{ [1] == [1.0] }} {{ d == {'a': 2, 'b': 1, 'c': {'k': 'v'}} }}"),
    F("repeat and join", "{{ 'ab' * 3 }}|{{ [1] * 2 }}|{{ [1] + [2] }}|{{ 3 * 'x' }}|{{ 'a' + 'b' }}"),
    F("percent format", "{{ '%s-%d-%.2f' % ('x', 3, 2.5) }} {{ '%s' % 'y' }} {{ '%05d|%5s|%-5s|%%' | format(42, 'a', 'b') }}"),
    F("tilde", "{{ 1 ~ 'a' ~ none ~ true ~ 1.0 ~ [1, 'x'] ~ zz }}"),
    F("comparisons", "{{ 1 < 2 }} {{ 2 <= 2 }} {{ 3 > 4 }} {{ 3 >= 4 }} {{ 1 != 2 }} {{ 'a' < 'b' }} {{ 'B' < 'a' }} {{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ [1, 2] < [1, 3] }} {{ 1 < 2.5 }}"),
    F("compare unlike", "{{ 1 < 'a' }}"),
    F("and or give values", "{{ 0 or 'x' }} {{ '' or none }} {{ 1 and 2 }} {{ 0 and 2 }} {{ not '' }} {{ not [0] }} {{ none or [] }} {{ 'a' and '' }}|"),
    F("in", "{{ 1 in xs }} {{ 9 in xs }} {{ 9 not in xs }} {{ 'ell' in s }} {{ 'a' in d }} {{ 'z' not in d }} {{ 1.0 in xs }} {{ '' in s }} {{ not 1 in xs }} {{ none in mixed }}"),
    F("in none", "{{ 'a' in none }}"),
    F("conditional expression", "{{ 'a' if t else 'b' }} {{ 'a' if not t else 'b' }} {{ 'x' if false }}|{{ 1 if 0 else 2 if 0 else 3 }} {{ ('a' if t else 'b') ~ 'c' }} {{ 'a' if t else 'b' ~ 'c' }}"),
    # strings
    F("strip", "[{{ '  a b \\n'.strip() }}] [{{ '  a '.lstrip() }}] [{{ '  a '.rstrip() }}] [{{ 'xxaxy'.strip('xy') }}] [{{ '\\n\\na\\n'.lstrip('\\n') }}] [{{ 'a\\n\\n'.rstrip('\\n') }}] [{{ '\u00a0a\u2003'.strip() }}] [{{ 'a'.strip('') }}]"),
    F("starts and ends", "{{ s.startswith('Hell') }} {{ s.endswith('ld') }} {{ s.startswith(('x', 'H')) }} {{ s.startswith('') }} {{ s.startswith('ello', 1) }} {{ ''.endswith('a') }}"),
    F("split", "{{ 'a,b,,c'.split(',') }} {{ ' a  b\\tc\\n'.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'abc'.split('x') }} {{ ''.split(',') }} {{ ''.split() }} {{ 'a b c'.rsplit(' ', 1) }} {{ 'a</t>b'.split('</t>')[-1] }} {{ 'a\\nb\\r\\nc'.splitlines() }} {{ ' a b c '.split(none, 1) }}"),
    F("split by empty", "{{ 'a'.split('') }}"),
    F("partition", "{{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'abc'.partition('=') }}"),
    F("replace", "{{ s.replace('l', 'L') }} {{ s.replace('l', 'L', 1) }} {{ s.replace('zz', 'y') }} {{ 'ab'.replace('', '-') }} {{ s | replace('o', '0') }} {{ s | replace('o', '0', 1) }}"),
    F("cases", "{{ s.upper() }} {{ s.lower() }} {{ \"they're bill's x2y\".title() }} {{ \"they're bill's x2y foo-bar\" | title }} {{ 'hELLO wORLD'.capitalize() }} {{ 'hELLO' | capitalize }} {{ s | upper }} {{ s | lower }} {{ 'aB'.swapcase() }} {{ 'stra\u00dfe'.upper() }} {{ '\u0130'.lower() | length }}"),
    F("join", "{{ ', '.join(['a', 'b']) }} {{ xs | join }} {{ xs | join(', ') }} {{ people | join('; ', attribute='name') }} {{ e | join(',') }}| {{ mixed | join('/') }} {{ 'abc' | join('.') }} {{ '-'.join('abc') }}"),
    F("join of ints by method", "{{ ', '.join([1, 2]) }}"),
    F("string predicates", "{{ '12'.isdigit() }} {{ 'ab'.isalpha() }} {{ 'a1'.isalnum() }} {{ ' '.isspace() }} {{ 'AB'.isupper() }} {{ 'ab'.islower() }} {{ ''.isdigit() }} {{ '1.5'.isnumeric() }}"),
    F("find and count", "{{ s.find('o') }} {{ s.find('z') }} {{ s.rfind('o') }} {{ s.count('l') }} {{ s.index('W') }} {{ xs.index(1) }} {{ xs.count(3) }}"),
    F("pad", "[{{ 'a'.ljust(3) }}] [{{ 'a'.rjust(3, '.') }}] [{{ 'a'.center(4) }}] [{{ '7'.zfill(3) }}] [{{ 'ab' | center(6) }}]"),
    F("format method", "{{ '{} {}'.format(1, 'a') }} {{ '{0}{1}{0}'.format('x', 'y') }} {{ '{k}'.format(k='v') }}"),
    F("prefix and suffix", "{{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('c') }} {{ 'abc'.removeprefix('z') }}"),
    # dictionaries
    F("dict methods", "{{ d.items() | list }} {{ d.keys() | list }} {{ d.values() | list }} {{ d.get('a') }} {{ d.get('zz') }} {{ d.get('zz', 'dflt') }} {{ d | length }} {{ d | list }}"),
    F("print dict views", "{{ d.keys() }} {{ d.values() }} {{ d.items() }}"),
    F("iterate items", "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}|{% for k in d %}{{ k }}{% endfor %}|{% for k, v in d | items %}{{ k }}{% endfor %}|{% for k, v in d | dictsort %}{{ k }}{{ v }},{% endfor %}"),
    F("dictsort", "{{ {'b': 1, 'A': 3, 'c': 2} | dictsort }} {{ {'b': 1, 'A': 3} | dictsort(true) }} {{ {'b': 1, 'A': 3, 'c': 2} | dictsort(false, 'value') }} {{ {'b': 1, 'a': 3} | dictsort(reverse=true) }}"),
    F("dict function", "{{ dict(a=1, b='x') }} {{ dict({'q': 1}, r=2) }} {{ {'a': 1, 'a': 2} }}"),
    F("items of missing", "{{ zz | items | list }} {% for k, v in zz | items %}{{ k }}{% endfor %}|"),
    F("items of none", "{{ none | items | list }}"),
    # filters
    F("tojson", "{{ d | tojson }} {{ mixed | tojson }} {{ html | tojson }} {{ u | tojson }} {{ 'a\\nb\\t\\\\\"' | tojson }} {{ none | tojson }} {{ true | tojson }} {{ 1.0 | tojson }} {{ e | tojson }} {{ {} | tojson }} {{ (1, 2) | tojson }}"),
    F("tojson indent", "{{ d | tojson(indent=2) }}\n{{ mixed | tojson(indent=4) }}\n{{ e | tojson(indent=2) }} {{ {} | tojson(indent=2) }} {{ 'x' | tojson(indent=2) }} {{ xs | tojson(indent=0) }}"),
    F("tojson options", "{{ d | tojson(sort_keys=true) }} {{ d | tojson(separators=(',', ':')) }} {{ u | tojson(ensure_ascii=true) }} {{ d | tojson(indent=2, separators=(',', ': ')) }}"),
    F("tojson of controls", "{{ v | tojson }} {{ v | tojson(ensure_ascii=true) }}", v="\u0000\u0001\b\f\n\r\t\u001f\u007f\u0080\u2028/\ufeff\U0001f642"),
    F("tojson of numbers", "{{ v | tojson }}", v=[1, -1, 1.0, 0.1, 1e16, 1e22, 1.5e-7, 123456789012345, 1e15, -0.0]),
    F("tojson of keys", "{{ {1: 'a', none: 'b', true: 'c', 1.5: 'd'} | tojson }}"),
    F("tojson of missing", "{{ zz | tojson }}"),
    F("trim", "[{{ '  a ' | trim }}] [{{ '\\n a\\t' | trim }}] [{{ 'xax' | trim('x') }}] [{{ 5 | trim }}] [{{ none | trim }}]"),
    F("length and count", "{{ s | length }} {{ xs | length }} {{ d | count }} {{ '' | length }}"),
    F("length of int", "{{ 5 | length }}"),
    F("default", "{{ zz | default('x') }} {{ none | default('x') }} {{ none | default('x', true) }} {{ '' | default('x') }}| {{ '' | default('x', boolean=true) }} {{ 0 | d(5) }} {{ zz | default }}| {{ d.zz | default([]) }}"),
    F("default of an attribute of missing", "{{ zz.a | default('deep') }}"),
    F("tilde binds tighter than plus", "{{ 'a' + 1 ~ 2 + 'b' }}"),
    F("map", "{{ xs | map('string') | list }} {{ people | map(attribute='name') | list }} {{ people | map(attribute='ok', default='?') | list }} {{ words | map('upper') | join }} {{ xs | map('default', 1) | list }} {{ [' a '] | map('trim') | list }} {{ ['a'] | map('replace', 'a', 'b') | first }}"),
    F("select and reject", "{{ xs | select('odd') | list }} {{ xs | reject('odd') | list }} {{ mixed | select('string') | list }} {{ [0, 1, '', 'a', none] | select | list }} {{ [0, 1, '', 'a', none] | reject | list }} {{ xs | select('gt', 1) | list }} {{ xs | select('in', [1, 2]) | list }} {{ mixed | reject('none') | list | length }}"),
    F("selectattr and rejectattr", "{{ people | selectattr('ok') | map(attribute='name') | list }} {{ people | selectattr('age', 'equalto', 30) | map(attribute='name') | list }} {{ people | rejectattr('ok', 'defined') | map(attribute='name') | list }} {{ people | rejectattr('age', '==', 30) | list }} {{ people | selectattr('age', '>', 26) | list | length }} {{ people | selectattr('ok', 'true') | list | length }} {{ people | selectattr('name', 'in', ['Bo', 'Cy']) | list | length }}"),
    F("list first last", "{{ 'abc' | list }} {{ xs | first }} {{ xs | last }} {{ s | first }} {{ s | last }} {{ e | first }}|{{ e | last }}|{{ d | first }} {{ (xs | map('string')) | first }}"),
    F("int float string", "{{ '12' | int }} {{ 'x' | int }} {{ 'x' | int(5) }} {{ 3.9 | int }} {{ -3.9 | int }} {{ '3.7' | int }} {{ true | int }} {{ none | int }} {{ '1.5' | float }} {{ 'x' | float }} {{ 2 | float }} {{ 'ff' | int(base=16) }} {{ 5 | string ~ 'x' }} {{ none | string }} {{ ' 7 ' | int }}"),
    F("sort", "{{ xs | sort }} {{ xs | sort(reverse=true) }} {{ words | sort }} {{ words | sort(case_sensitive=true) }} {{ people | sort(attribute='age') | map(attribute='name') | list }} {{ people | sort(attribute='age,name') | map(attribute='name') | list }} {{ d | sort }}"),
    F("sort unlike", "{{ [1, 'a'] | sort }}"),
    F("unique and reverse", "{{ [1, 2, 1, 3] | unique | list }} {{ words | unique | list }} {{ words | unique(true) | list }} {{ people | unique(attribute='age') | map(attribute='name') | list }} {{ xs | reverse | list }} {{ 'abc' | reverse }}"),
    F("numbers", "{{ 2.567 | round }} {{ 2.567 | round(2) }} {{ 2.5 | round }} {{ 3.5 | round }} {{ 2.1 | round(0, 'ceil') }} {{ 2.9 | round(method='floor') }} {{ -3 | abs }} {{ -3.5 | abs }} {{ xs | sum }} {{ xs | max }} {{ xs | min }} {{ people | sum(attribute='age') }} {{ 7 | round }} {{ 1234.5 | round(-2) }}"),
    F("indent", "{{ 'a\\nb\\n\\nc' | indent }}|{{ 'a\\nb' | indent(2, true) }}|{{ 'a\\n\\nb' | indent(2, blank=true) }}|{{ 'a\\nb' | indent('> ') }}|{{ 'a\\nb\\n' | indent(2) }}|"),
    F("escape and safe", "{{ html }} {{ html | e }} {{ html | escape }} {{ html | safe }} {{ html | e | safe }} {{ html | e | e }} {{ html | forceescape }}"),
    F("escaped strings stay escaped", "{{ (html | safe) ~ '<' }} {{ (html | e) + '<x>' }}"),
    F("batch slice groupby", "{{ [1,2,3,4,5] | batch(2) | list }} {{ [1,2,3] | batch(2, 0) | list }} {{ [1,2,3,4,5] | slice(2) | list }} {% for k, g in people | groupby('age') %}{{ k }}:{{ g | length }} {% endfor %}"),
    F("other filters", "{{ 'a b c' | wordcount }} {{ 'abcdefghij' | truncate(5) }} {{ 'abc def ghi' | truncate(8, true, '..', 0) }} {{ 'a&b c/\u00e9' | urlencode }} {{ '<b>x</b>' | striptags }} {{ 1000000 | filesizeformat }} {{ d | attr('b') }}|{{ {'a': 1} | xmlattr }}"),
    F("filter chains and arguments", "{{ s | lower | replace('l', 'r') | title }} {{ xs | sort | reverse | join('-') }} {{ (xs | length) + 1 }} {{ xs | length + 1 }} {{ xs | first == 3 }} {{ 'a' ~ 'B' | lower }}"),
    F("filter block", "{% filter upper %}a{{ s }}{% endfilter %}"),
    F("unknown filter", "{{ s | nofilter }}"),
    # tests
    F("tests of type", "{% for v in mixed + [(1, 2), 0, '', false] %}{{ v is none }},{{ v is string }},{{ v is mapping }},{{ v is sequence }},{{ v is iterable }},{{ v is number }},{{ v is boolean }},{{ v is integer }},{{ v is float }},{{ v is true }},{{ v is false }}\n{% endfor %}"),
    F("tests of undefined", "{{ zz is defined }} {{ zz is none }} {{ zz is string }} {{ zz is mapping }} {{ zz is iterable }} {{ zz is sequence }} {{ zz is number }} {{ zz is false }} {{ zz is callable }}"),
    F("tests with arguments", "{{ 4 is odd }} {{ 4 is even }} {{ 6 is divisibleby 3 }} {{ 6 is divisibleby(4) }} {{ 1 is eq 1 }} {{ 1 is equalto 2 }} {{ 1 is ne 2 }} {{ 1 is lt 2 }} {{ 2 is ge(2) }} {{ 1 is in [1] }} {{ 'a' is in 'abc' }} {{ 1 is sameas 1 }} {{ none is sameas none }}"),
    F("is not", "{{ 1 is not none }} {{ not 1 is none }} {{ 1 is not odd }} {{ s is not string }} {{ zz is not defined }} {{ t is not false and t is true }} {{ 'a' is lower }} {{ 'A' is upper }} {{ html is escaped }} {{ 'upper' is filter }} {{ 'odd' is test }}"),
    F("unknown test", "{{ 1 is strange }}"),
    # loops
    F("loop variables", "{% for x in xs %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }}{{ loop.previtem }}|{{ loop.nextitem }};{% endfor %}"),
    F("loop neighbours", "{% for x in xs %}{{ loop.previtem is defined }}{{ loop.nextitem is undefined }}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }} {% endfor %}"),
    F("loop else", "{% for x in e %}{{ x }}{% else %}none{% endfor %}|{% for x in xs if x > 5 %}{{ x }}{% else %}none{% endfor %}|{% for x in xs %}{{ x }}{% else %}none{% endfor %}"),
    F("break and continue", "{% for x in xs %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}|{% for x in xs %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}"),
    F("filtered loop", "{% for x in xs if x != 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }}{{ ',' if not loop.last }}{% endfor %}"),
    F("unpacking", "{% for a, b in [[1, 2], (3, 4)] %}{{ a }}-{{ b }} {% endfor %}{% set a, b = 1, 2 %}{{ a }}{{ b }}{% for i, (a, b) in [(1, (2, 3))] %}{{ i }}{{ a }}{{ b }}{% endfor %}"),
    F("nested loops", "{% for x in xs %}{% set outer = loop %}{% for y in 'ab' %}{{ outer.index }}{{ loop.index }}{{ y }} {% endfor %}{{ loop.index }};{% endfor %}"),
    F("loop scope", "{% set v = 0 %}{% for x in xs %}{% set v = v + x %}{{ v }} {% endfor %}{{ v }}|{{ x is defined }}"),
    F("if scope", "{% if true %}{% set v = 1 %}{% endif %}{{ v }}|{% if false %}{% set w = 1 %}{% endif %}{{ w }}|"),
    F("set in loop before the name's use outside", "{% for x in xs %}{% if loop.first %}{% set found = x %}{% endif %}{{ found }},{% endfor %}{{ found is defined }}"),
    F("recursive loop", "{% for x in v recursive %}{{ x.n }}{% if x.c %}({{ loop(x.c) }}){% endif %}{% endfor %}", v=[{"n": 1, "c": [{"n": 2}, {"n": 3, "c": [{"n": 4}]}]}]),
    F("loop over string and dict", "{% for c in 'a\u00e9\U0001f642' %}[{{ c }}]{% endfor %}{% for k in d %}{{ k }}{% endfor %}{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}{{ range(3) | list }}"),
    F("loop over int", "{% for x in 5 %}{{ x }}{% endfor %}"),
    F("loop over none", "{% for x in none %}{{ x }}{% endfor %}"),
    F("large range", "{% for i in range(100001) %}x{% endfor %}"),
    # statements
    F("if chain", "{% for x in [0, 1, 2, 3] %}{% if x == 0 %}a{% elif x == 1 %}b{% elif x is odd %}c{% else %}d{% endif %}{% endfor %}"),
    F("truth", "{% for v in [0, 0.0, '', [], {}, none, false, '0', [0], 1, ' '] %}{{ 1 if v else 0 }}{% endfor %}"),
    F("set block", "{% set v %}a{{ n }}\n b{% endset %}[{{ v }}]{% set w | upper %}x{{ s }}{% endset %}{{ w }} {{ v is string }} {{ v | length }}"),
    F("namespace", "{% set ns = namespace(a=0, b='x') %}{% for x in xs %}{% set ns.a = ns.a + x %}{% endfor %}{{ ns.a }}{{ ns.b }}{% set ns.c = [1] %}{{ ns.c }}{{ ns.zz }}|{{ ns['a'] }}{% set m = namespace({'q': 5}) %}{{ m.q }}"),
    F("set attribute of a dict", "{% set d.b = 5 %}{{ d.b }}"),
    F("macro", "{% macro f(a, b=2, c='x' ~ 'y') %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ f(1) }}{{ f(1, 3) }}{{ f(a=5, c='z') }}{{ f() }}{{ f(1, c=n) ~ '!' }}"),
    F("macro arguments", "{% macro f(a) %}{{ a }} {{ varargs }} {{ kwargs }}{% endmacro %}{{ f(1, 2, 3, k='v') }} {{ f.name }} {{ f.arguments }}"),
    F("macro too many arguments", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}"),
    F("macro scope", "{% set v = 1 %}{% macro f() %}{{ v }}{% set v = 2 %}{{ v }}{% endmacro %}{{ f() }}{{ v }}{% macro g(x) %}{% if x > 0 %}{{ x }}{{ g(x - 1) }}{% endif %}{% endmacro %}{{ g(3) }}"),
    F("macro reads later set", "{% macro f() %}{{ v }}{% endmacro %}{% set v = 1 %}{{ f() }}"),
    F("call block", "{% macro f(a) %}<{{ a }}>{{ caller() }}</{{ a }}>{% endmacro %}{% call f('b') %}x{{ n }}{% endcall %}{% macro g() %}{{ caller(1, 2) }}{% endmacro %}{% call(p, q) g() %}{{ p + q }}{% endcall %}"),
    F("with", "{% with a = 1, b = n %}{{ a }}{{ b }}{% set s = 'in' %}{{ s }}{% endwith %}{{ a is defined }}{{ s }}"),
    F("generation block", "a{% generation %}b{{ n }}{% endgeneration %}c"),
    F("do is not there", "{% do xs.append(1) %}"),
    F("strftime_now", "{{ strftime_now('%Y-%m-%d') }} {{ strftime_now('%d %b %Y') }} {{ strftime_now('%H:%M:%S') }} {{ strftime_now('%A, %B %d, %y %j %p %I %%') }}"),
    F("joiner and cycler", "{% set j = joiner(', ') %}{% for x in xs %}{{ j() }}{{ x }}{% endfor %}{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}"),
    # white space
    F("trim_blocks", "a\n{% if true %}\nb\n{% endif %}\nc\n"),
    F("lstrip_blocks", "a\n   {% if true %}\n   b\n\t{% endif %}\n   c {% if true %} d {% endif %} e"),
    F("no trim after output", "{{ 1 }}\n  {{ 2 }}\n"),
    F("final newline", "a\n\n"),
    F("only a newline", "\n"),
    F("minus", "a \n {%- if true %} \n b \n {%- endif -%} \n c"),
    F("minus output", "a  \n {{- 1 -}}  \n b {{ 2 -}} \n\n c"),
    F("plus", "a\n  {%+ if true %}\nb\n  {%+ endif %}\nc"),
    F("plus at end", "{% if true +%}\nb\n{% endif +%}\nc"),
    F("minus at one end", "a\n  {%- if true %}\n  b\n  {% endif -%}\n  c\n"),
    F("comments", "a {# x #} b\n  {# y #}\nc {#- z -#} d {# {{ 1 }} {% if %} #}e{#\nmany\n#}\nf"),
    F("raw", "{% raw %}{{ x }}{% if %}{# c #}{% endraw %} {%- raw -%}  y  {%- endraw %}\n  {% raw %}\n z\n  {% endraw %}\nq"),
    F("tags on a line", "{% if true %}{% set a = 1 %}\n{% endif %}\n  {% set b = 2 %}  \n{{ a }}{{ b }}"),
    F("space before output is kept", "x\n    {{ 1 }}\n    {% for x in xs %}\n    {{ x }}\n    {% endfor %}\n"),
    F("carriage returns", "a\r\n{% if true %}\r\nb\r\n{% endif %}\r\nc\rd"),
    F("braces in text", "{ } }} %} #} {a} {'k': 1}"),
    F("braces in strings", "{{ '{{' }} {{ '%}' }} {{ '}}' }} {{ {'a': {'b': 1}}['a']['b'] }}{% if '%}' == '%}' %}y{% endif %}"),
    F("multi-line tags", "{{\n  s\n  | upper\n}}{%\n if t\n and n == 7 %}y{%\nendif\n%}"),
    F("dictionary over lines", "{% set v = {\n 'a': [1,\n 2,],\n 'b': {'c': none,},\n} %}{{ v }}"),
    F("no space in tags", "{%if t%}{{s}}{%endif%}{%for x in xs%}{{x}}{%endfor%}{%-set q=1-%}{{q}}"),
    F("inline if with block text", "A{% if t %} b {% endif %}C\n{% if not t %}\nd\n{% endif %}\ne"),
    # syntax errors
    F("unclosed if", "{% if t %}a"), F("unclosed output", "a {{ s"), F("unknown tag", "{% zork %}"), F("unexpected end", "{% endif %}"), F("bad expression", "{{ 1 + }}"), F("unclosed comment", "a {# b"),
    F("unclosed string", "{{ 'a }}"), F("empty output", "{{ }}"), F("mismatched end", "{% for x in xs %}{% endif %}"),
    # past 64 bits
    F("large integers", "{{ 18446744073709551616 }} {{ -9223372036854775809 }} {{ v }} {{ v | tojson }} {{ [v, -v] }} {{ v + 1 }} {{ v - 1 }} {{ -v }} {{ v * 2 }} {{ 2 ** 70 }} {{ (-3) ** 41 }} {{ 0xffffffffffffffffff }}", v=18446744073709551615),
    F("division of large integers", "{% for a in [v, -v] %}{% for b in [7, -7, w, -w] %}{{ a // b }} {{ a % b }} {{ a / b }};{% endfor %}{% endfor %}{{ w // v }} {{ w % -v }}", v=18446744073709551615, w=9223372036854775809),
    F("order of large integers", "{{ v == 18446744073709551615 }} {{ v > 1.8e19 }} {{ v < 1.9e19 }} {{ v in [1, v] }} {{ [v, 1, -v, 2.5] | sort }} {{ 9007199254740993 == 9007199254740992.0 }} {{ 9007199254740993 > 9007199254740992.0 }} {{ {v: 'x'}[v] }} {{ {v + 1: 'y'}[18446744073709551616.0] }} {{ v > d | length }}", v=18446744073709551615),
    F("filters of large integers", "{{ v | int }} {{ v | string }} {{ v is integer }} {{ v is number }} {{ v is odd }} {{ v is divisibleby(5) }} {{ v | abs }} {{ -v | abs }} {{ v | round(-3) }} {{ v | float }} {{ '18446744073709551616' | int }} {{ '-0xfffffffffffffffff' | int(base=16) }} {{ 1e20 | int }} {{ '%d %x' % (v, v) }} {{ [v, 1] | sum }} {{ xs[v] is defined }} {{ s[:v] }}", v=18446744073709551615),
    F("digits at the limit", "{{ 10 ** 4299 }} {{ (v ** 5) | tojson | length }}", v=10 ** 800),
    # lengths, addresses, formats
    F("wordcount", "{{ 'a b c' | wordcount }} {{ s | wordcount }} {{ '' | wordcount }} {{ \"it's snake_case, x2 \" | wordcount }} {{ u | wordcount }} {{ 12.5 | wordcount }} {{ xs | wordcount }} {{ zz | wordcount }} {{ v | wordcount }}", v="\u00e9t\u00e9 \u00b2\u00bd \u2163 e\u0301a \u0e01\u0e33 \U00020000\U0001f642\u4e2d-\u4e2d\u3000x"),
    F("truncate", "{% for n in [3, 4, 5, 8, 9, 10, 11, 12, 14, 19, 20, 40] %}[{{ v | truncate(n) }}|{{ v | truncate(n, true) }}|{{ v | truncate(n, false, '..', 0) }}|{{ v | truncate(n, true, '', leeway=2) }}]{% endfor %}", v="foo bar baz  qux quux"),
    F("truncate more", "{{ ('long ' * 60) | truncate }}|{{ ('y' * 260) | truncate }}|{{ ('y' * 261) | truncate }}|{{ u | truncate(3, leeway=0) }}|{{ (u * 3) | truncate(6, true, '\u2026', 0) }}|{{ 'abcdefgh' | truncate(3, end='', leeway=0) }}|{{ 'abc' | truncate(0, true, '', 0) }}|{{ zz | truncate }}|{{ xs | truncate }}|{{ '   abcdef' | truncate(5, leeway=0) }}|{{ 'abcdefg' | truncate(4, leeway=none) }}|{{ (html | e) | truncate(9, leeway=0) }}|{{ ('<b> and more' | safe | truncate(7, end='<', leeway=0)) }}|{{ 'abc' | truncate(true, end='', leeway=false) }}"),
    F("truncate below its ending", "{{ s | truncate(2) }}"), F("truncate with a leeway below zero", "{{ s | truncate(5, leeway=-1) }}"), F("truncate an int", "{{ 5 | truncate }}"), F("truncate a list", "{{ [1, 2, 3] | truncate(0, end='', leeway=0) }}"), F("truncate with a number as its ending", "{{ s | truncate(5, end=1) }}"),
    F("urlencode", "{{ 'a&b c/\u00e9?x=1#y' | urlencode }} {{ v | urlencode }} {{ d | urlencode }} {{ [('a b', '/'), ['k', none], 'xy', (1, 2.5)] | urlencode }} {{ 5 | urlencode }} {{ none | urlencode }} {{ zz | urlencode }}| {{ {} | urlencode }}| {{ (html | safe) | urlencode }} {{ d.items() | urlencode }} {{ {'a': zz, 'b': ''} | urlencode }}", v="".join(map(chr, range(128))) + "\u0080\u07ff\u0800\uffff\U0001f642"),
    F("urlencode of no pairs", "{{ [1] | urlencode }}"), F("urlencode of triples", "{{ ['abc'] | urlencode }}"), F("urlencode with arguments", "{{ s | urlencode(1) }}"),
    F("format fields", "{{ '{0:.2f}'.format(f) }} {{ '{:>8}|{:<8}|{:^8}'.format('a', 'b', 'c') }} {{ '{x:04d}'.format(x=n) }} {{ '{0}{1}{0}'.format('x', 'y') }} {{ '{{}} {{{}}}'.format(1) }} {{ '{!r} {!s:>4} {!a}'.format('q', 'q', u) }} {{ '{:{}}|{:{w}.{p}}|{:{f}^{w}}'.format('x', 5, 'abcdef', n, w=8, p=3, f='*') }} {{ ''.format() }}"),
    F("format paths", "{{ '{d[b]} {d[c][k]} {xs[0]} {0[1]} {p[name]:>5}'.format(xs, d=d, xs=xs, p=people[0]) }} {{ '{.b}'.format(d) if false }}{{ '{d.b}{d.zz}{d[zz]}{0}'.format(zz, d=d) }}|{{ '{0[:]}{0[!]}{0[}]}'.format({':': 1, '!': 2, '}': 3}) }}"),
    F("format of other values", "{{ '{} {} {} {} {}'.format(none, true, xs, d, mixed) }} {{ '{:5}|{:d}|{:>5}'.format(true, false, none ~ '') }} {{ '{:.1f} {:e} {:,}'.format(3, 12345, 9876543210) }}"),
    F("format of markup", "{{ ('<b>{}</b>{}' | safe).format(html, html | safe) }} {{ ('{:>12}' | safe).format('<a>') }} {{ '{}'.format(html | e) }}"),
    F("format of markup with a specification", "{{ ('{:>12}' | safe).format(html | safe) }}"),
    *[F(f"wrong format {text}", "{{ v.format(n, s, w=5) }}", v=text) for text in ("{", "}", "{0", "a}b", "{9}", "{k}", "{0!}", "{0!x}", "{0!rr}", "{0!r", "{0:{", "{0:{}", "{} {0}", "{0} {}", "{0:{}}", "{{}", "{}}", "{0[}", "{0[]}", "{0.}", "{0[0]x}", "{a{b}}", "{:.}", "{:5 }", "{:zz}", "{:,_}", "{:_,}", "{:{:{:{}}}}", "{:{1}}", "{0:d}{1:d}", "{1:,}", "{1:=5}")],
    F("format of none with a width", "{{ '{:5}'.format(none) }}"), F("format of a list with a width", "{{ '{:5}'.format(xs) }}"), F("format of missing with a width", "{{ '{:5}'.format(zz) }}"), F("format of missing's attribute", "{{ '{0.a}'.format(zz) }}"),
    F("percent format of floats", "{{ '%.2f|%8.3f|%-8.1f|%08.2f|%+.1f|%f|%.0f' | format(-0.001, 2.5, 1.25, -3.14159, 2, 1e10, 2.5) }} {{ '%e|%.2E|%g|%G|%.3g|%g' | format(12345.678, 0.00012, 1e-5, 1e20, 1234567, 100000) }} {{ '%d|%i|%x|%X' | format(3.99, -3.99, 255, 255) }}"),
    *formats(),
]
