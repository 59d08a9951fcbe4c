import type { ClientSettings, PoolSettings } from '../cognito/server.ts';
import type { HostedResource, Inventory } from '../inventory.ts';

interface PoolProperties {
  MfaConfiguration?: PoolSettings['mfa'];
  Policies?: {
    PasswordPolicy?: {
      MinimumLength?: number;
      RequireLowercase?: boolean;
      RequireUppercase?: boolean;
      RequireNumbers?: boolean;
      RequireSymbols?: boolean;
      TemporaryPasswordValidityDays?: number;
    };
  };
}

type TokenKind = 'AccessToken' | 'IdToken' | 'RefreshToken';
type Unit = 'seconds' | 'minutes' | 'hours' | 'days';

interface ClientProperties {
  AccessTokenValidity?: number;
  IdTokenValidity?: number;
  RefreshTokenValidity?: number;
  TokenValidityUnits?: Partial<Record<TokenKind, Unit>>;
  ExplicitAuthFlows?: string[];
  PreventUserExistenceErrors?: 'ENABLED' | 'LEGACY';
}

/** The user pools of the app with their clients. */
export function userPools(inventory: Inventory): PoolSettings[] {
  const clients = inventory.ofType('AWS::Cognito::UserPoolClient');
  return inventory.ofType('AWS::Cognito::UserPool').map((pool) => {
    const { MfaConfiguration, Policies } = pool.properties as PoolProperties;
    const policy = Policies?.PasswordPolicy ?? {};
    return {
      id: pool.ref,
      clients: clients.filter(({ properties }) => properties.UserPoolId === pool.ref).map(clientSettings),
      passwordPolicy: {
        minimumLength: Number(policy.MinimumLength ?? 8),
        requireLowercase: policy.RequireLowercase ?? false,
        requireUppercase: policy.RequireUppercase ?? false,
        requireNumbers: policy.RequireNumbers ?? false,
        requireSymbols: policy.RequireSymbols ?? false,
        temporaryPasswordDays: Number(policy.TemporaryPasswordValidityDays ?? 7),
      },
      mfa: MfaConfiguration ?? 'OFF',
    };
  });
}

const secondsIn: Record<Unit, number> = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };

/** Defaults: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html */
function clientSettings(client: HostedResource): ClientSettings {
  const properties = client.properties as ClientProperties;
  const units = properties.TokenValidityUnits ?? {};
  const flows = ['ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_CUSTOM_AUTH'];
  return {
    id: client.ref,
    accessTokenSeconds: Number(properties.AccessTokenValidity ?? 1) * secondsIn[units.AccessToken ?? 'hours'],
    idTokenSeconds: Number(properties.IdTokenValidity ?? 1) * secondsIn[units.IdToken ?? 'hours'],
    refreshTokenSeconds:
      Number(properties.RefreshTokenValidity ?? 30) * secondsIn[units.RefreshToken ?? 'days'],
    authFlows: properties.ExplicitAuthFlows ?? flows,
    preventUserExistenceErrors: properties.PreventUserExistenceErrors === 'ENABLED',
  };
}
