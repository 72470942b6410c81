using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Telemetry;

/// <summary>Sends traces and figures to a collector where one is configured. Nothing waits for the collector.</summary>
internal sealed class OtlpSender(IOptions<TelemetryOptions> options, FigureQueries figures, TimeProvider time, Signals signals, ILogger<OtlpSender> log)
    : PeriodicPass(time, signals, log)
{
    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromSeconds(15);

    /// <inheritdoc />
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.OtlpEndpoint.Length == 0)
        {
            return; // no collector, nothing to do
        }

        ResourceBuilder resource = ResourceBuilder.CreateDefault().AddService(options.Value.ServiceName);
        _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).SetSampler(new AlwaysOnSampler())
            .AddSource(RunTraceBuilder.Name).AddSource("Microsoft.AspNetCore")
            .AddOtlpExporter(otlp => Aim(otlp, "v1/traces")).Build();
        _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource)
            .AddMeter("Orbit.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Npgsql", "System.Runtime")
            .AddOtlpExporter(otlp => Aim(otlp, "v1/metrics")).Build();
        log.SendingTo(options.Value.OtlpEndpoint);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _traces?.Dispose(); // sends what is left, for a few seconds at most
        _metrics?.Dispose();
        base.Dispose();
    }

    /// <summary>The system's figures, for the exporter to find.</summary>
    protected override Task RunOnceAsync(CancellationToken ct) => figures.ReadAsync(ct);

    private void Aim(OtlpExporterOptions otlp, string path)
    {
        otlp.Protocol = OtlpExportProtocol.HttpProtobuf;
        otlp.Endpoint = new Uri($"{options.Value.OtlpEndpoint.TrimEnd('/')}/{path}");
    }
}
