namespace Orbit.ControlPlane.Doctor;

/// <summary>Registers the doctor.</summary>
internal static class DoctorModule
{
    public static IServiceCollection AddDoctor(this IServiceCollection services) =>
        services.AddSingleton<DoctorQueries>().AddSingleton<DoctorCommands>();

    public static void MapDoctor(this WebApplication app) => app.MapGrpcService<DoctorGrpcService>();
}
