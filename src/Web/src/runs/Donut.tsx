const COLOURS: Record<string, string> = {
  ok: 'var(--ok-solid)',
  bad: 'var(--bad-solid)',
  warn: 'var(--warn-solid)',
  odd: 'var(--odd-solid)',
  idle: 'var(--idle-solid)',
};

/** Shares of a whole. The numbers stand beside it, so it says nothing to who cannot see it. */
export function Donut({
  parts,
  total,
  size = 52,
}: {
  parts: readonly { name: string; count: number; tone: string }[];
  total: number;
  size?: number;
}) {
  const radius = 15.915; // a circumference of 100
  let before = 0;
  return (
    <svg aria-hidden width={size} height={size} viewBox="0 0 42 42" className="donut">
      <circle cx="21" cy="21" r={radius} fill="none" stroke="var(--idle-bg)" strokeWidth="6" />
      {parts.map(({ name, count, tone }) => {
        if (count === 0 || total === 0) return null;
        const share = (count / total) * 100;
        const offset = 25 - before;
        before += share;
        return (
          <circle
            key={name}
            cx="21"
            cy="21"
            r={radius}
            fill="none"
            stroke={COLOURS[tone]}
            strokeWidth="6"
            strokeDasharray={`${share} ${100 - share}`}
            strokeDashoffset={offset}
          />
        );
      })}
    </svg>
  );
}
