import { mailLeaseSeconds } from 'roster/domain/mail';
import { describe, expect, it } from 'vitest';
import { asList, asText, synthesize } from './synthesized.ts';

const prod = synthesize();
const dev = synthesize({ stage: 'dev' });
const only = (type: string, from = prod) => {
  const found = from.ofType(type);
  expect(found).toHaveLength(1);
  return found[0]![1];
};

describe('the table', () => {
  const { Properties, DeletionPolicy } = only('AWS::DynamoDB::GlobalTable');

  it('has the key, the indexes and the expiry of the design', () => {
    const index = (name: string, hash: string, range: string, projection: object) => ({
      IndexName: name,
      KeySchema: [
        { AttributeName: hash, KeyType: 'HASH' },
        { AttributeName: range, KeyType: 'RANGE' },
      ],
      Projection: projection,
    });
    expect(Properties.KeySchema).toEqual([
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ]);
    expect(Properties.GlobalSecondaryIndexes).toEqual([
      index('byLogin', 'loginPk', 'loginSk', { ProjectionType: 'INCLUDE', NonKeyAttributes: ['account'] }),
    ]);
    expect(Properties.TimeToLiveSpecification).toEqual({ AttributeName: 'expiresAt', Enabled: true });
    expect(Properties.BillingMode).toBe('PAY_PER_REQUEST');
  });

  it('can be restored to any second, and is not deleted by mistake', () => {
    expect(Properties.Replicas[0]).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
    });
    expect(DeletionPolicy).toBe('Retain');
  });

  it('can be deleted in dev', () => {
    const table = only('AWS::DynamoDB::GlobalTable', dev);
    expect(table.Properties.Replicas[0].DeletionProtectionEnabled).toBe(false);
    expect(table.Properties.Replicas[0].PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled).toBe(
      true,
    );
    expect(table.DeletionPolicy).toBe('Delete');
  });
});

describe('what holds data', () => {
  it('keeps its logical id: a new one would be a new, empty resource', () => {
    const stateful = ['AWS::DynamoDB::GlobalTable', 'AWS::S3::Bucket', 'AWS::Cognito::UserPool'];
    const ids = stateful.flatMap((type) => prod.ofType(type).map(([id]) => id));
    expect(ids).toEqual([
      'RosterTable5088F754',
      'FilesLogsFFA73081',
      'FilesUploads4BF93D6F',
      'FilesWorkB7EA2F83',
      'FilesReports78651758',
      'FilesExports713EC18F',
      'FilesDirectoryD318E4A7',
      'FilesSite0CEBA247',
      'AccountsPool5D126928',
    ]);
  });

  it('survives the deletion of a protected stage, whose stack refuses to be deleted at all', () => {
    for (const type of ['AWS::S3::Bucket', 'AWS::Cognito::UserPool']) {
      for (const [id, { DeletionPolicy }] of prod.ofType(type)) expect(DeletionPolicy, id).toBe('Retain');
    }
    expect(prod.stack.terminationProtection).toBe(true);
    expect(dev.stack.terminationProtection).toBe(false);
  });
});

describe('buckets', () => {
  const buckets = prod.ofType('AWS::S3::Bucket');
  const named = (prefix: string) => buckets.find(([id]) => id.startsWith(prefix))![1].Properties;

  it('are seven', () => expect(buckets).toHaveLength(7));

  it('forget exports after 7 days, for each holds a whole roster', () => {
    expect(named('FilesExports').LifecycleConfiguration.Rules).toEqual([
      { Status: 'Enabled', ExpirationInDays: 7, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    ]);
  });

  it('keep the directory: it is read as long as there are members', () => {
    expect(named('FilesDirectory').LifecycleConfiguration.Rules).toEqual([
      { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    ]);
  });

  it.each(buckets)('%s is encrypted and closed to the public', (_, { Properties }) => {
    expect(Properties.BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
      { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
    ]);
    expect(Properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
  });

  it.each(buckets)('%s refuses calls without TLS or with an old one', (id) => {
    const policies = prod.ofType('AWS::S3::BucketPolicy').filter(([, p]) => p.Properties.Bucket.Ref === id);
    const denials = policies
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
      .filter(({ Effect }) => Effect === 'Deny');
    const conditions = denials.map(({ Condition }) => Condition);
    expect(conditions).toContainEqual({ Bool: { 'aws:SecureTransport': 'false' } });
    expect(conditions).toContainEqual({ NumericLessThan: { 's3:TlsVersion': 1.2 } });
    for (const { Principal, Action } of denials) expect([Principal, Action]).toEqual([{ AWS: '*' }, 's3:*']);
  });

  it.each(buckets.filter(([id]) => !id.startsWith('FilesLogs')))(
    '%s has its access logged',
    (_, { Properties }) => {
      expect(Properties.LoggingConfiguration.DestinationBucketName.Ref).toMatch(/^FilesLogs/);
    },
  );

  it.each([
    ['FilesUploads', 30],
    // An import may wait 30 days for its approval, and can be undone for as long afterwards.
    ['FilesWork', 30],
    ['FilesReports', 30],
  ])('%s forgets after %i days', (prefix, days) => {
    expect(named(prefix).LifecycleConfiguration.Rules).toEqual([
      {
        Status: 'Enabled',
        ExpirationInDays: days,
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ]);
  });

  it('announce uploads, and take them by POST from the console', () => {
    expect(named('FilesUploads').NotificationConfiguration).toEqual({
      EventBridgeConfiguration: { EventBridgeEnabled: true },
    });
    expect(named('FilesUploads').CorsConfiguration.CorsRules).toMatchObject([
      { AllowedMethods: ['POST'], AllowedOrigins: ['*'] },
    ]);
  });

  it('take uploads from the own domain only, once there is one', () => {
    const context = {
      domainName: 'roster.example.org',
      certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/1',
    };
    const uploads = synthesize({ context })
      .ofType('AWS::S3::Bucket')
      .find(([id]) => id.startsWith('FilesUploads'));
    expect(uploads![1].Properties.CorsConfiguration.CorsRules[0].AllowedOrigins).toEqual([
      'https://roster.example.org',
    ]);
  });

  it('grant nothing to everybody', () => {
    for (const [id, { Properties }] of prod.ofType('AWS::S3::BucketPolicy')) {
      for (const { Effect, Principal } of Properties.PolicyDocument.Statement) {
        if (Effect === 'Allow') expect(asList(Principal).map(asText).join(), id).not.toContain('"*"');
      }
    }
  });
});

describe('the user pool', () => {
  const pool = only('AWS::Cognito::UserPool').Properties;
  const client = only('AWS::Cognito::UserPoolClient').Properties;

  it('is filled by Muster alone, wants long passwords and offers a second factor', () => {
    expect(pool.AdminCreateUserConfig.AllowAdminCreateUserOnly).toBe(true);
    expect(pool.Policies.PasswordPolicy).toMatchObject({
      MinimumLength: 12,
      RequireLowercase: true,
      RequireUppercase: true,
      RequireNumbers: true,
      RequireSymbols: true,
    });
    expect(pool.MfaConfiguration).toBe('OPTIONAL');
    expect(pool.EnabledMfas).toEqual(['SOFTWARE_TOKEN_MFA']);
    expect(pool.DeletionProtection).toBe('ACTIVE');
    expect(pool.UsernameAttributes).toBeUndefined();
    expect(pool.AliasAttributes).toBeUndefined();
    expect(only('AWS::Cognito::UserPool', dev).Properties.DeletionProtection).toBe('INACTIVE');
  });

  it('has one client: no secret, short access, revocable, silent about who exists', () => {
    expect(client).toMatchObject({
      GenerateSecret: false,
      ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      AccessTokenValidity: 15,
      RefreshTokenValidity: 30 * 24 * 60,
      TokenValidityUnits: { AccessToken: 'minutes', RefreshToken: 'minutes' },
      PreventUserExistenceErrors: 'ENABLED',
      EnableTokenRevocation: true,
    });
  });
});

describe('queues', () => {
  const queues = prod.ofType('AWS::SQS::Queue');
  const mappingOf = (queue: string) =>
    prod
      .ofType('AWS::Lambda::EventSourceMapping')
      .find(([, { Properties }]) => asText(Properties.EventSourceArn).includes(`"${queue}Queue`))![1]
      .Properties;
  const isDeadLetters = ([id]: [string, unknown]) => id.includes('DeadLetters');

  it.each(queues.filter((queue) => !isDeadLetters(queue)))(
    '%s has one for dead letters',
    (_, { Properties }) => {
      const [target] = Properties.RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'];
      expect(queues.filter(isDeadLetters).map(([id]) => id)).toContain(target);
    },
  );

  it.each(queues)('%s is encrypted', (_, { Properties }) => {
    expect(Properties.SqsManagedSseEnabled).toBe(true);
  });

  it.each(queues)('%s refuses calls without TLS', (id) => {
    const policies = prod
      .ofType('AWS::SQS::QueuePolicy')
      .filter(([, p]) => p.Properties.Queues[0].Ref === id);
    const statements = policies.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
    expect(statements).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    );
  });

  it('get uploads from EventBridge, and hand them over in batches that may fail in part', () => {
    const rule = prod.ofType('AWS::Events::Rule').find(([id]) => id.startsWith('Uploads'))![1].Properties;
    expect(rule.EventPattern).toMatchObject({ source: ['aws.s3'], 'detail-type': ['Object Created'] });
    expect(asText(rule.EventPattern.detail.bucket.name)).toContain('FilesUploads');
    expect(rule.Targets[0].DeadLetterConfig).toBeDefined();
    expect(mappingOf('Uploads')).toMatchObject({
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  it.each(['BulkJobs', 'Exports'])('hand over steps of %s one by one, of four at once', (queue) => {
    expect(mappingOf(queue)).toMatchObject({
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 4 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  it('hand changed accounts over two batches at once, for Cognito takes 25 updates a second', () => {
    expect(mappingOf('AccountChanges')).toMatchObject({
      BatchSize: 10,
      ScalingConfig: { MaximumConcurrency: 2 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    const rule = prod
      .ofType('AWS::Events::Rule')
      .find(([id]) => id.startsWith('AccountChanges'))![1].Properties;
    expect(rule.ScheduleExpression).toBe('rate(15 minutes)');
    expect(asText(rule.Targets[0].Arn)).toContain('FunctionsAccessReconcileFunction');
    expect(rule.Targets[0].DeadLetterConfig).toBeDefined();
  });

  it.each([
    ['Uploads', 'ImportsStart'],
    ['AccountChanges', 'AccessFollow'],
    ['DirectoryChanges', 'RosterRefresh'],
    ['Mails', 'MailSend'],
    ['MailsEvents', 'MailEvents'],
  ])('hide a message of %s for six times what %s may take', (name, taker) => {
    const queue = queues.find(([id]) => id.startsWith(`${name}Queue`))![1].Properties;
    const [, lambda] = prod.ofType('AWS::Lambda::Function').find(([id]) => id.includes(taker))!;
    expect(queue.VisibilityTimeout).toBe(6 * lambda.Properties.Timeout);
  });
});

describe('settings', () => {
  it('refuse a domain without a certificate, and a stage that does not exist', () => {
    expect(() => synthesize({ context: { domainName: 'roster.example.org' } })).toThrow(/go together/);
    expect(() => synthesize({ stage: 'produktion' })).toThrow(/dev, staging, prod/);
  });

  it('pass bounds on imports to the functions that keep them', () => {
    const { ofType } = synthesize({ context: { importLimits: '{"rowsMax": 5}' } });
    const [, unzip] = ofType('AWS::Lambda::Function').find(([id]) => id.includes('ImportsUnzip'))!;
    const limits = JSON.parse(unzip.Properties.Environment.Variables.IMPORT_LIMITS);
    expect(limits).toMatchObject({ rowsMax: 5, fileBytesMax: 104_857_600 });
  });
});

describe('mails', () => {
  const set = only('AWS::SES::ConfigurationSet');
  const [[setId]] = prod.ofType('AWS::SES::ConfigurationSet') as [[string, unknown]];
  const variablesOf = (context: Record<string, unknown>) => {
    const [, send] = synthesize({ context })
      .ofType('AWS::Lambda::Function')
      .find(([id]) => id.includes('MailSend'))!;
    return send.Properties.Environment.Variables;
  };
  const mappingsOf = (context: Record<string, unknown>) =>
    synthesize({ context })
      .ofType('AWS::Lambda::EventSourceMapping')
      .map(([, { Properties }]) => Properties)
      .filter(({ EventSourceArn }) => asText(EventSourceArn).includes('"MailsQueue'));

  it('have their fate told through EventBridge and a queue', () => {
    expect(set.Properties.DeliveryOptions).toMatchObject({ TlsPolicy: 'REQUIRE' });
    expect(only('AWS::SES::ConfigurationSetEventDestination').Properties).toMatchObject({
      ConfigurationSetName: { Ref: setId },
      EventDestination: {
        Enabled: true,
        MatchingEventTypes: ['send', 'delivery', 'bounce', 'complaint', 'reject'],
        EventBridgeDestination: { EventBusArn: expect.anything() },
      },
    });
    const rule = prod.ofType('AWS::Events::Rule').find(([id]) => id.startsWith('MailsTold'))![1].Properties;
    expect(rule.EventPattern.source).toEqual(['aws.ses']);
    expect(rule.EventPattern['detail-type']).toEqual([
      'Email Sent',
      'Email Delivered',
      'Email Bounced',
      'Email Complaint Received',
      'Email Rejected',
    ]);
    expect(rule.EventPattern.detail.mail.tags['ses:configuration-set']).toEqual([{ Ref: setId }]);
    expect(asText(rule.Targets[0].Arn)).toContain('MailsEventsQueue');
    expect(rule.Targets[0].DeadLetterConfig).toBeDefined();
  });

  it('are sent from one address, through the one configuration set', () => {
    const { ofType } = synthesize({ context: { mailFrom: 'muster@roster.example' } });
    const statements = ofType('AWS::IAM::Policy').flatMap(
      ([, { Properties }]) => Properties.PolicyDocument.Statement,
    );
    const [send, ...others] = statements.filter(({ Action }) => asText(Action).includes('ses:'));
    expect(others).toEqual([]);
    expect(send.Condition).toEqual({ StringEquals: { 'ses:FromAddress': 'muster@roster.example' } });
    const resources = asList(send.Resource).map(asText);
    expect(resources).toHaveLength(3);
    for (const part of [':identity/muster@roster.example', ':identity/roster.example', setId]) {
      expect(resources.some((resource) => resource.includes(part))).toBe(true);
    }
  });

  it('are sent from the listed domains of organizations too, and from nowhere else', () => {
    const context = {
      mailFrom: 'muster@roster.example',
      mailFromDomains: '{"Club.example":["club"],"guild.example":"*"}',
    };
    const { ofType } = synthesize({ context });
    const statements = ofType('AWS::IAM::Policy')
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
      .filter(({ Action }) => asText(Action).includes('ses:'));
    expect(statements).toHaveLength(3);
    // CDK puts all that has no resources into one statement.
    const check = statements.find(({ Resource }) => Resource === '*');
    const ofSes = asList(check.Action).filter((action) => asText(action).includes('ses:'));
    expect(ofSes).toEqual(['ses:GetIdentityVerificationAttributes']);
    const own = statements.find(({ Condition }) => Condition?.StringLike);
    expect(own.Action).toBe('ses:SendRawEmail');
    expect(own.Condition).toEqual({
      StringLike: { 'ses:FromAddress': ['*@club.example', '*@guild.example'] },
    });
    const identities = asList(own.Resource).map(
      (one) => /identity\/([^"]*)/.exec(asText(one))?.[1] ?? 'none',
    );
    expect(identities.sort()).toEqual([
      '*@club.example',
      '*@guild.example',
      'club.example',
      'guild.example',
      'none',
    ]);
    expect(JSON.parse(variablesOf(context).MAIL_FROM_DOMAINS)).toEqual({
      'club.example': ['club'],
      'guild.example': '*',
    });
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`d${index}.example`, '*']));
    for (const wrong of [
      '["club.example"]',
      '{"*.example":"*"}',
      '{"a@club.example":"*"}',
      '{"club.example":[]}',
      '{"club.example":["Not An Id"]}',
      JSON.stringify(many),
    ]) {
      expect(() => synthesize({ context: { mailFromDomains: wrong } })).toThrow('mailFromDomains');
    }
  });

  it.each([
    [1, 2],
    [14, 2],
    [50, 3],
    [500, 25],
  ])('are told to keep to %i a second, with %i senders at once', (mailPerSecond, senders) => {
    const [mapping] = mappingsOf({ mailPerSecond });
    expect(mapping.ScalingConfig.MaximumConcurrency).toBe(senders);
    expect(mapping.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
    expect(variablesOf({ mailPerSecond }).MAIL_PER_SECOND).toBe(String(mailPerSecond));
  });

  it('come again only when the hold of a killed sender is over', () => {
    const queue = prod.ofType('AWS::SQS::Queue').find(([id]) => id.startsWith('MailsQueue'))![1].Properties;
    expect(queue.VisibilityTimeout).toBeGreaterThan(mailLeaseSeconds);
    const [, send] = prod.ofType('AWS::Lambda::Function').find(([id]) => id.includes('MailSend'))!;
    expect(send.Properties.Timeout).toBeLessThan(mailLeaseSeconds);
  });
});
