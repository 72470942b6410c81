using System.Globalization;
using Orbit.Faults.Rig;
using Xunit.Abstractions;

namespace Orbit.Faults;

/// <summary>
/// Random faults on a running system. <c>ORBIT_FAULTS_SECONDS</c> says for how long (30 unless set), <c>ORBIT_FAULTS_SEED</c> which ones; the seed
/// of each campaign is printed with what was done. <c>ORBIT_FAULTS_MEASURE</c>: each fault so many times instead, with the times until all was
/// well again. <c>ORBIT_FAULTS_ONLY</c>: of these only what has that in its name. <c>ORBIT_FAULTS_STORY</c> names a file that is told what happens as it happens.
/// </summary>
public sealed class CampaignTests(ITestOutputHelper output)
{
    [Theory]
    [MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Nothing_acknowledged_is_lost_and_nothing_begins_twice(string provider)
    {
        int seed = Number("ORBIT_FAULTS_SEED", Random.Shared.Next(1, 1_000_000));
        output.WriteLine($"seed {seed} on {provider}; again with: ORBIT_FAULTS_SEED={seed} tests/faults");
        await using Campaign campaign = await Campaign.StartAsync(provider, seed);
        try
        {
            int times = Number("ORBIT_FAULTS_MEASURE", 0);
            await (times > 0 ? campaign.MeasureAsync(times) : campaign.RunAsync(TimeSpan.FromSeconds(Number("ORBIT_FAULTS_SECONDS", 30))));
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"seed {seed} on {provider}:\n{campaign.Story}\n{failure.Message}\n{campaign.ServerSaid}", failure);
        }

        output.WriteLine(campaign.Story);
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;
}
