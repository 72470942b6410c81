using System.Globalization;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Variables;

/// <summary>The variables whose names begin with <c>$</c>. All chance comes from one seed, which is recorded, so that a row can be sent again as it was.</summary>
internal sealed class BuiltIns(int seed, long row, TimeProvider time)
{
    private Random? _random;

    private Random Chance => _random ??= new(HashCode.Combine(seed, row));

    public bool TryGet(string name, out Value value)
    {
        value = name switch
        {
            "$uuid" or "$guid" or "$randomUUID" => Value.Of(Uuid()),
            "$now" or "$isoTimestamp" => Value.Of(time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
            "$date" => Value.Of(time.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
            "$timestamp" => Value.Of((double)time.GetUtcNow().ToUnixTimeSeconds()),
            "$timestamp_ms" => Value.Of((double)time.GetUtcNow().ToUnixTimeMilliseconds()),
            "$random" => Value.Of((double)Chance.Next(0, 1_000_000_000)),
            "$randomInt" => Value.Of((double)Chance.Next(0, 1001)),
            "$random_text" => Value.Of(Letters(10)),
            "$row" => Value.Of((double)row),
            "$seed" => Value.Of((double)seed),
            _ => Value.Missing,
        };
        return value.Exists;
    }

    private string Uuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Chance.NextBytes(bytes);
        bytes[7] = (byte)((bytes[7] & 0x0f) | 0x40); // version 4
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes).ToString();
    }

    private string Letters(int count) => string.Create(count, Chance, static (span, random) =>
    {
        for (int i = 0; i < span.Length; i++)
        {
            span[i] = (char)('a' + random.Next(26));
        }
    });
}
