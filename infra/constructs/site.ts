import { existsSync } from 'node:fs';
import { Annotations, Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  PriceClass,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import type { Settings } from '../settings.ts';
import { acknowledge, wildcardFinding } from './acknowledge.ts';
import { ConsolePages } from './console-pages.ts';
import { MemberPages } from './member-pages.ts';

/** What the site serves and where it leads. */
export interface SiteProps {
  settings: Pick<Settings, 'domainName' | 'certificateArn'>;
  bucket: IBucket;
  /** Where the console posts files to. */
  uploads: IBucket;
  apiId: string;
  /** The files to serve. */
  contentDir: string;
}

/**
 * One origin for people: the console at `/`, the members' pages at `/join` and the like, the API at `/api`, what a client
 * has to know at `/config.json`.
 */
export class Site extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, props: SiteProps) {
    super(scope, id);
    const { domainName } = props.settings;
    const distribution = this.#distribution(props);
    this.url = `https://${domainName ?? distribution.distributionDomainName}`;
    this.#deployContent(props, distribution);
  }

  #distribution({ settings, bucket, uploads, apiId }: SiteProps): Distribution {
    const { domainName, certificateArn } = settings;
    const origin = S3BucketOrigin.withOriginAccessControl(bucket);
    const pages = new ConsolePages(this, 'ConsolePages', { origin, uploads });
    const memberPages = new MemberPages(this, 'MemberPages', { origin });
    const api = {
      origin: new HttpOrigin(`${apiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}`, {
        protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
        originSslProtocols: [OriginSslPolicy.TLS_V1_2],
      }),
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      responseHeadersPolicy: pages.headers,
    };
    const distribution = new Distribution(this, 'Distribution', {
      comment: 'Muster: console and API',
      domainNames: domainName === undefined ? undefined : [domainName],
      certificate:
        certificateArn === undefined
          ? undefined
          : Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      minimumProtocolVersion: certificateArn === undefined ? undefined : SecurityPolicyProtocol.TLS_V1_2_2021,
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      defaultRootObject: 'index.html',
      defaultBehavior: pages.behavior,
      additionalBehaviors: {
        '/api/*': api,
        '/config.json': api,
        ...pages.behaviors,
        ...memberPages.behaviors,
      },
    });
    acknowledge(distribution, {
      CFR1: 'Members may be anywhere.',
      CFR2: 'A web ACL has a fixed monthly price; API Gateway throttles and every call but signing in needs a token.',
      CFR3: 'The log would hold the addresses of viewers. The API logs its calls without; the rest is public files.',
      CFR4: "Without a domain of one's own CloudFront's certificate sets the TLS version; with one it is TLS 1.2.",
    });
    return distribution;
  }

  #deployContent({ bucket, contentDir }: SiteProps, distribution: Distribution): void {
    if (!existsSync(contentDir)) {
      Annotations.of(this).addWarningV2(
        'muster:noSite',
        `The site stays empty: ${contentDir} does not exist`,
      );
      return;
    }
    const logGroup = new LogGroup(this, 'DeploymentLogs', {
      retention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new BucketDeployment(this, 'Content', {
      sources: [Source.asset(contentDir)],
      destinationBucket: bucket,
      distribution,
      cacheControl: [CacheControl.noCache()],
      logGroup,
    });
    this.#acknowledgeDeployer(bucket);
  }

  /** The function that copies the files at deployment is CDK's own, one for the stack. */
  #acknowledgeDeployer(bucket: IBucket): void {
    const stack = Stack.of(this);
    const deployer = stack.node.children.find(({ node }) =>
      node.id.startsWith('Custom::CDKBucketDeployment'),
    );
    if (!deployer) throw new Error('CDK no longer deploys files by Custom::CDKBucketDeployment');
    const own = "CDK's own function, which copies the site's files at deployment; its policies are CDK's.";
    const assets = `arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>`;
    const ids = [
      'L1',
      'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
      'IAM5[Resource::*]',
      ...['s3:GetBucket*', 's3:GetObject*', 's3:List*', 's3:Abort*', 's3:DeleteObject*'].map(
        (a) => `IAM5[Action::${a}]`,
      ),
      `IAM5[Resource::${assets}/*]`,
      wildcardFinding(bucket, '/*'),
    ];
    acknowledge(deployer, Object.fromEntries(ids.map((id) => [id, own])));
  }
}
