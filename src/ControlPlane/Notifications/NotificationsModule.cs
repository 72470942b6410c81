using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Notifications.Callbacks;
using Orbit.ControlPlane.Notifications.Smtp;

namespace Orbit.ControlPlane.Notifications;

/// <summary>Registers what tells people and machines.</summary>
internal static class NotificationsModule
{
    /// <summary>Adds the mail transport and the passes that deliver.</summary>
    public static IServiceCollection AddNotifications(this IServiceCollection services)
    {
        services.AddOptions<SmtpOptions>().BindConfiguration(SmtpOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<SmtpOptions>, SmtpOptionsRules>();
        services.AddSingleton<IMailTransport, SmtpTransport>();
        services.AddSingleton<MailSending>();
        services.AddSingleton<DeliveryCommands>();
        services.AddSingleton<WebhookCommands>();
        services.AddSingleton<CallbackClient>();
        services.AddSingleton<ICiStatus, JenkinsStatus>();
        services.AddSingleton<ICiStatus, GitHubStatus>();
        services.AddHostedService<MailPass>();
        services.AddHostedService<CallbackPass>();
        services.AddHostedService<NoticePass>();
        return services;
    }

    /// <summary>Maps the service.</summary>
    public static void MapNotifications(this IEndpointRouteBuilder routes) => routes.MapGrpcService<NotificationGrpcService>();
}
