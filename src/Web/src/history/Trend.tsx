import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use as register } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useTheme } from '../app/theme';
import type { Run } from '../gen/orbit/v1/runs_pb';
import { passRate } from '../runs/numbers';
import { isOver } from '../runs/state';
import { durationText, msOf } from '../ui/time';

register([BarChart, LineChart, GridComponent, TooltipComponent, SVGRenderer]);

const MOST = 100;

/** Outcomes and duration of an item's runs, oldest first. A click opens the run. */
export default function Trend({ runs }: { runs: Run[] }) {
  const { t } = useTranslation();
  const { isDark } = useTheme();
  const navigate = useNavigate();
  const box = useRef<HTMLDivElement>(null);
  const shown = useMemo(
    () =>
      runs
        .filter((run) => isOver(run.status) && (run.summary?.total ?? 0) > 0)
        .slice(0, MOST)
        .reverse(),
    [runs],
  );

  useEffect(() => {
    if (!box.current) return;
    const chart = init(box.current, undefined, { renderer: 'svg' });
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const bar = (name: string, fill: string, of: (run: Run) => number) => ({
      name,
      type: 'bar' as const,
      stack: 'tests',
      barMaxWidth: 18,
      color: colour(fill),
      data: shown.map(of),
    });
    chart.setOption({
      animation: false,
      grid: { left: 44, right: 56, top: 14, bottom: 24 },
      textStyle: { color: colour('--dim'), fontFamily: colour('--sans') },
      tooltip: {
        trigger: 'axis',
        backgroundColor: colour('--panel'),
        borderColor: colour('--line-strong'),
        textStyle: { color: colour('--text'), fontSize: 12 },
      },
      xAxis: {
        type: 'category',
        data: shown.map((run) => String(run.id)),
        axisLine: { lineStyle: { color: colour('--line-strong') } },
        axisTick: { show: false },
      },
      yAxis: [
        { type: 'value', splitLine: { lineStyle: { color: colour('--line') } } },
        { type: 'value', splitLine: { show: false }, axisLabel: { formatter: (ms: number) => durationText(ms) } },
      ],
      series: [
        bar(t('outcome.passed'), '--ok-solid', (run) => run.summary?.passed ?? 0),
        bar(t('outcome.failed'), '--bad-solid', (run) => run.summary?.failed ?? 0),
        bar(t('outcome.broken'), '--warn-solid', (run) => (run.summary?.broken ?? 0) + (run.summary?.interrupted ?? 0)),
        bar(t('outcome.skipped'), '--idle-solid', (run) => (run.summary?.skipped ?? 0) + (run.summary?.notRun ?? 0)),
        {
          name: t('run.duration'),
          type: 'line',
          yAxisIndex: 1,
          symbolSize: 4,
          color: colour('--accent'),
          lineStyle: { width: 1.5 },
          data: shown.map((run) => (msOf(run.finishedAt) ?? 0) - (msOf(run.startedAt ?? run.createdAt) ?? 0)),
          tooltip: { valueFormatter: (value: unknown) => durationText(Number(value)) },
        },
      ],
    });
    chart.on('click', (event) => {
      const run = shown[event.dataIndex];
      if (run) void navigate({ to: '/runs/$runId', params: { runId: String(run.id) } });
    });
    const observer = new ResizeObserver(() => chart.resize());
    observer.observe(box.current);
    return () => {
      observer.disconnect();
      chart.dispose();
    };
  }, [shown, isDark, t, navigate]);

  const rates = shown.map((run) => passRate(run.summary?.passed ?? 0, (run.summary?.total ?? 0) - (run.summary?.skipped ?? 0)));
  return (
    <figure className="panel" style={{ margin: 0, padding: '8px 10px' }}>
      <div
        ref={box}
        style={{ height: 190 }}
        role="img"
        aria-label={t('history.trendWords', { count: shown.length, rates: rates.slice(-5).join(' %, ') })}
      />
    </figure>
  );
}
