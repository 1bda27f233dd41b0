# SPDX-License-Identifier: GPL-2.0
"""What the benchmark found, as a table for the terminal, Markdown, JSON and SVG."""
import html
import json
import statistics

FAMILIES = ('inet', 'newinet', 'unix')
# What "1.00" of a bound on the kernel's own TCP means, measured to 0.5 %.
EQUAL = 1.005


def mean(values):
    """The mean of a list."""
    return sum(values) / len(values)


def error(values):
    """The standard error of the mean of a list, as a part of it."""
    if len(values) < 2:
        return 0.0
    return statistics.stdev(values) / len(values) ** 0.5 / mean(values)


def met(value, bound, better):
    """'met', 'not met', or '' where there is no bound or figure."""
    if bound is None:
        return ''
    if value is None:
        return 'not met'
    good = value >= bound if better == 'more' else value <= bound
    return 'met' if good else 'not met'


def evaluate(rows, figures):
    """One dict a row: the means, the ratio, its verdicts and the spread."""
    results = []
    for row in rows:
        rounds = {family: figures[row.job, family][row.column] for family in FAMILIES
                  if figures.get((row.job, family), {}).get(row.column)}
        if 'inet' not in rounds:
            continue
        means = {family: mean(values) for family, values in rounds.items()}
        if row.kind == 'kernel':
            ratio = means['inet'] / mean(figures['kernel', 'inet']['absent'])
        elif 'newinet' not in means:    # in-vm gave up
            ratio = None
        elif row.kind == 'self':
            ratio = means['newinet']
        else:
            ratio = means['newinet'] / means['inet']
        goal = EQUAL if row.kind == 'kernel' and row.goal == 1 else row.goal
        first = EQUAL if row.kind == 'kernel' and row.first == 1 else row.first
        of_unix = None
        if row.unix is not None and ratio is not None:
            of_unix = means['newinet'] / means['unix']
        verdicts = [met(ratio, goal, row.better), met(of_unix, row.unix, row.better)]
        results.append({
            'row': row.key, 'title': row.title, 'unit': row.unit, 'better': row.better,
            'kind': row.kind, 'mean': means, 'rounds': rounds, 'ratio': ratio,
            'of_unix': of_unix, 'first': row.first, 'goal': row.goal, 'goal_of_unix': row.unix,
            'first_met': met(ratio, first, row.better),
            'goal_met': 'not met' if 'not met' in verdicts else verdicts[0],
            'ratio_error': sum(error(rounds[each]) ** 2 for each in ('inet', 'newinet')
                               if each in rounds) ** 0.5,
            'spread': max(max(values) / min(values) - 1 for values in rounds.values()),
        })
    return results


def number(value):
    """A figure with as many digits as it has to say."""
    if value is None:
        return '-'
    return f'{value:,.0f}' if value >= 1000 else f'{value:.1f}' if value >= 100 \
        else f'{value:.2f}' if value >= 10 else f'{value:.3f}'


def bound(result, which):
    """`<= 0.80 met`."""
    value = result[which]
    if value is None:
        return ''
    text = f'{">=" if result["better"] == "more" else "<="} {value:.2f}'
    if which == 'goal' and result['goal_of_unix'] is not None:
        text += f', {result["goal_of_unix"]:.2f} of AF_UNIX'
    return f'{text} {result[which + "_met"]}'


def ratio_of(result):
    """The ratio in print."""
    return '-' if result['ratio'] is None else f'{result["ratio"]:.3f}'


def doubt(result):
    """The spread, and how sure the ratio is where chance has a part in it."""
    if max(map(len, result['rounds'].values())) < 2:
        return ''
    text = f'{result["spread"]:.1%}'
    if result['row'].startswith('goodput') and result['spread'] > 0.01:
        text += f', ratio +-{result["ratio_error"]:.0%}'
    return text


def cells(result):
    """What a line of the table has behind the title."""
    return [result['unit'], *(number(result['mean'].get(each)) for each in FAMILIES),
            ratio_of(result), '' if result['of_unix'] is None else f'{result["of_unix"]:.3f}',
            bound(result, 'first'), bound(result, 'goal').replace(' of AF_UNIX', ' of UNIX'),
            doubt(result)]


HEADS = ['', 'unit', 'AF_INET', 'NEWINET', 'AF_UNIX', 'ratio', '/ UNIX', 'first slice', 'goal',
         'spread']


def about(info):
    """The lines over the table."""
    return [f'Linux {info["kernel"]}, {info["clock"]}, newinet {info["commit"]}, {info["date"]}.',
            f'{info["rounds"]} rounds ({info["lossy"]} where packets are lost at random), every '
            'family in turn in one boot;',
            'ratio: AF_NEWINET / AF_INET; spread: largest / smallest round, less one, of the '
            'family where it is largest;', '+-: the standard error of the ratio.',
            *info['remarks']]


def slab_table(slabs):
    """Lines about memory, slab by slab, per connection: both ends."""
    lines = []
    for job in sorted({job for job, _ in slabs}, key=lambda job: int(job.split('-')[1])):
        families = [each for each in FAMILIES if (job, each) in slabs]
        names = {name for family in families for name in slabs[job, family]}
        worth = {name: [mean(slabs[job, family][name]) if name in slabs[job, family] else 0.0
                        for family in families] for name in names}
        lines.append([f'{int(job.split("-")[1]):,} idle connections, bytes of each',
                      *(f'AF_{each.upper()}' for each in families)])
        for name in sorted(names, key=lambda name: (-max(worth[name]), name)):
            if max(worth[name]) >= 8:
                lines.append([name, *(f'{each:,.0f}' for each in worth[name])])
    return lines


def text(results, slabs, info):
    """For the terminal."""
    lines = [*about(info), '']
    table = [HEADS] + [[each['title'], *cells(each)] for each in results]
    widths = [max(len(line[i]) for line in table) for i in range(len(HEADS))]
    for line in table:
        lines.append('  '.join(
            cell.ljust(width) if i in (0, 7, 8) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths))).rstrip())
    for line in slab_table(slabs):
        if line[0].endswith('each'):
            lines.append('')
        lines.append(f'{line[0]:44}' + ''.join(f'{each:>12}' for each in line[1:]))
    lines += ['', summary(results)]
    return '\n'.join(lines)


def summary(results):
    """The last line."""
    judged = [each for each in results if each['goal_met']]
    first = sum(each['first_met'] == 'met' for each in judged)
    goal = sum(each['goal_met'] == 'met' for each in judged)
    return f'{len(judged)} rows with bounds: {first} meet the first slice, {goal} the goal.'


def markdown(results, slabs, info, svg):
    """The file for people."""
    lines = ['<!-- SPDX-License-Identifier: GPL-2.0 -->', f'# newinet on Linux {info["kernel"]}',
             '', 'Written by `make bench`; not to be edited.', '', *about(info), '',
             f'![ratios]({svg})', '', '| ' + ' | '.join(HEADS) + ' |',
             '| --- | --- |' + ' ---: |' * 5 + ' --- | --- | ---: |']
    lines += ['| ' + ' | '.join([each['title'], *cells(each)]) + ' |' for each in results]
    lines += ['', summary(results)]
    for line in slab_table(slabs):
        if line[0].endswith('each'):
            lines += ['', '| ' + ' | '.join(line) + ' |', '| --- |' + ' ---: |' * (len(line) - 1)]
        else:
            lines.append('| ' + ' | '.join(line) + ' |')
    return '\n'.join(lines) + '\n'


def as_json(results, slabs, info):
    """Everything, every round; a line for each row."""
    memory = [{'job': job, 'family': family,
               'slabs': {name: mean(values) for name, values in names.items()}}
              for (job, family), names in slabs.items()]
    lists = [f'"{name}": [\n' + ',\n'.join(json.dumps(each) for each in values) + '\n]'
             for name, values in (('results', results), ('memory', memory))]
    return '{"about": ' + json.dumps(info) + ',\n' + ',\n'.join(lists) + '}\n'


def svg_bar(result, y, scale):
    """One row of the plot: the bar of the ratio, the bounds as strokes, the figures."""
    x0, top = scale(0), y + 3
    colour = {'met': '#2e8b57', 'not met': '#c0392b', '': '#7f8c8d'}[result['goal_met']]
    if result['goal_met'] == 'not met' and result['first_met'] == 'met':
        colour = '#d68910'
    arrow = '\u2191' if result['better'] == 'more' else '\u2193'
    out = [f'<text x="{x0 - 8}" y="{y + 14}" text-anchor="end">'
           f'{html.escape(result["title"])} {arrow}</text>',
           f'<rect x="{x0}" y="{top}" width="{scale(result["ratio"] or 0) - x0:.1f}" height="14" '
           f'fill="{colour}"/>']
    for which, style in ('first', 'stroke-dasharray="2 2"'), ('goal', ''):
        if result[which] is not None:
            x = scale(result[which])
            out.append(f'<line x1="{x:.1f}" y1="{y + 1}" x2="{x:.1f}" y2="{y + 19}" '
                       f'stroke="#000" stroke-width="2" {style}/>')
    out.append(f'<text x="{scale(2) + 8}" y="{y + 14}">{ratio_of(result)}</text>')
    return out


def svg(results, info):
    """The ratios as bars."""
    left, width, line, head = 330, 520, 22, 74
    height = head + line * len(results) + 40

    def scale(ratio):
        return left + width * min(ratio, 2) / 2

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 70}" '
           f'height="{height}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="#fff"/>',
           '<text x="12" y="24" font-size="17">AF_NEWINET / AF_INET: ratio of each row</text>',
           f'<text x="12" y="44">{html.escape(about(info)[0])}</text>',
           '<text x="12" y="62">\u2193 less is better, \u2191 more; strokes: first slice (dashed), '
           'goal (full). Green: goal met; amber: first slice met; red: neither; grey: no '
           'bound.</text>']
    for tick in (0, 0.5, 1, 1.5, 2):
        x = scale(tick)
        out.append(f'<line x1="{x}" y1="{head}" x2="{x}" y2="{height - 34}" '
                   f'stroke="{"#333" if tick == 1 else "#ddd"}"/>')
        out.append(f'<text x="{x}" y="{height - 18}" text-anchor="middle">{tick:.1f}</text>')
    for i, result in enumerate(results):
        out += svg_bar(result, head + i * line, scale)
    return '\n'.join([*out, '</svg>']) + '\n'
